"""Fires a service's due timers, each in a transaction with its effect."""

import logging
from collections.abc import Callable, Mapping

from muster.context import Context
from muster.contracts.vocabulary.lifecycle import Actor
from muster.observability.logs import correlated
from muster.observability.metrics import TIMER_LATE_SECONDS, TIMERS
from muster.observability.spans import Tracer
from muster.observability.tracing import doing
from muster.storage import timers
from muster.storage.store import Store
from muster.storage.timers import DueTimer
from muster.storage.unit_of_work import UnitOfWork

log = logging.getLogger("muster.timers")

TimerHandler = Callable[[UnitOfWork, str], None]


class Timekeeper:
    """Knows the handler of each kind of timer of one service."""

    def __init__(
        self, store: Store, handlers: Mapping[str, TimerHandler], tracer: Tracer | None = None
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._tracer = tracer
        for kind in handlers:  # there from the start, as what can be listed is
            for outcome in ("fired", "postponed"):
                TIMERS.labels(store.service, kind, outcome)

    def fire_due(self, limit: int = 100) -> int:
        """Fire up to `limit` due timers; return how many were due.

        A timer whose handler fails is tried again later, and does not hold up the others, even if
        what fails is the database, and only for this one (its statement takes too long). Raises
        StoreUnavailable if the database fails altogether.
        """
        with self._store.read() as connection:
            found = timers.due(
                connection,
                self._store.metadata,
                sorted(self._handlers),
                self._store.clock.now(),
                limit,
            )
        for timer in found:
            with correlated(timer.correlation_id):
                self._fire(timer)
        return len(found)

    def _fire(self, timer: DueTimer) -> None:
        context = Context(Actor(f"timer:{timer.kind}"), correlation_id=timer.correlation_id)
        try:
            with (
                doing(self._tracer, f"timer {timer.kind}", {"muster.subject": timer.subject}),
                self._store.begin(context) as work,
            ):
                if timers.take(work.connection, self._store.metadata, timer):
                    self._handlers[timer.kind](work, timer.subject)
        except Exception:
            log.exception("a timer failed", extra={"kind": timer.kind, "subject": timer.subject})
            with self._store.begin(context) as work:
                timers.postpone(work.connection, self._store.metadata, timer, work.now)
            TIMERS.labels(self._store.service, timer.kind, "postponed").inc()
            return
        late = (self._store.clock.now() - timer.due_at).total_seconds()
        TIMER_LATE_SECONDS.labels(self._store.service).observe(max(0.0, late))
        TIMERS.labels(self._store.service, timer.kind, "fired").inc()
