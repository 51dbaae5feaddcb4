"""The relay: moves outbox rows to the broker, in order, with pipelined confirms.

It publishes, waits once for all confirms, then marks what was confirmed. A crash in between gives
a duplicate, which the inbox of every subscriber absorbs; never a loss.
"""

import logging
from collections.abc import Sequence

from muster.context import Context
from muster.contracts.vocabulary.lifecycle import Actor
from muster.messaging.outbound import can_be_sent
from muster.messaging.ports import OutboundMessage, Outcome, Publisher
from muster.observability.metrics import OUTBOX_AGE, OUTBOX_WAITING, PUBLISHED, REPUBLISHED
from muster.observability.spans import Tracer
from muster.safeguards import NOTHING, Safeguard, Safeguards
from muster.service.traces import publish
from muster.storage import outbox, republication
from muster.storage.exclusive import ExclusiveRight
from muster.storage.republication import Republication
from muster.storage.retention import forget_old
from muster.storage.store import Store

log = logging.getLogger("muster.relay")

WINDOW = 500  # messages in flight at once


class Relay:
    """Relays the outbox of one service. Only one relay of a store works at a time."""

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        without: Safeguards = NOTHING,
        tracer: Tracer | None = None,
    ) -> None:
        self.service = store.service
        self.trouble: str | None = None  # why the last step left events in the outbox
        self._store = store
        self._publisher = publisher
        self._without = without
        self._tracer = tracer
        self._passed = 0  # the sequence of the last event of windows that found no queue
        self._again_at_once = WINDOW  # fewer where the broker does not take all
        self._right = ExclusiveRight(store.engine, "relay")
        self._context = Context(Actor(f"relay:{store.service}"), correlation_id="")

    def step(self) -> int:
        """Publish what waits, up to a window, and then what is to be said again, up to a window.

        Return how many events were published, at least 1 if more may wait behind those that found
        no queue. Raises StoreUnavailable or BrokerUnavailable; everything unpublished stays in the
        outbox.
        """
        if not self._right.held():
            self.trouble = None
            return 0
        with self._store.read() as connection:
            rows = outbox.waiting(connection, self._store.metadata, WINDOW, self._passed)
            again = republication.current(connection, self._store.metadata)
        if Safeguard.OUTBOX_ORDER in self._without:
            rows.reverse()
        published = self._publish(rows)
        # News first: whoever asks to hear the past again must not keep others from the present.
        return published if again is None else published + self._publish_again(again)

    def _publish(self, rows: Sequence[tuple[int, OutboundMessage]]) -> int:
        passed, self._passed = self._passed, 0
        if not rows:
            self._note(None, passed)
            return 0
        outcomes = publish(self._tracer, self._publisher, [message for _, message in rows])
        confirmed = [
            sequence
            for (sequence, _), outcome in zip(rows, outcomes, strict=True)
            if outcome is Outcome.CONFIRMED
        ]
        if confirmed:
            with self._store.begin(self._context) as work:
                outbox.mark_published(work.connection, self._store.metadata, confirmed, work.now)
        self._note(self._count(outcomes), passed)
        if len(rows) == WINDOW and Outcome.RETURNED in outcomes:
            # A service that is not there yet must not fill the window, and so stop all others'.
            self._passed = max(sequence for sequence, _ in rows)
            return max(1, len(confirmed))
        return len(confirmed)

    def _publish_again(self, order: Republication) -> int:
        """Publish a window of what a queue that was lost may have missed; see ADR 19.

        It is done as far as the broker took all. What comes behind is sent again, though others
        may have it already; so of a broker that refuses, only as much is asked as it took before.
        """
        metadata, limit = self._store.metadata, self._again_at_once
        with self._store.read() as connection:
            rows, reached = republication.window(connection, metadata, order, limit)
        sendable = [(sequence, message) for sequence, message in rows if can_be_sent(message)]
        outcomes = self._publisher.publish([message for _, message in sendable]) if sendable else []
        # RETURNED is done, too: whoever has no queue for it now will ask when there is one.
        taken = [outcome in (Outcome.CONFIRMED, Outcome.RETURNED) for outcome in outcomes]
        REPUBLISHED.labels(self._store.service).inc(sum(taken))
        if all(taken):
            self._again_at_once = min(2 * limit, WINDOW)
            self._advance(order, reached)
            return max(1, len(taken))  # there may be more, even where nothing was found
        self.trouble = f"the broker did not take {taken.count(False)} events published again"
        first_left = taken.index(False)
        self._again_at_once = max(1, first_left)
        if first_left:
            self._advance(order, sendable[first_left][0] - 1)
        return first_left

    def _advance(self, order: Republication, reached: int) -> None:
        with self._store.begin(self._context) as work:
            republication.advance(work.connection, self._store.metadata, order, reached)

    def measure(self) -> None:
        """Set the gauges of what waits."""
        with self._store.read() as connection:
            backlog = outbox.backlog(connection, self._store.metadata)
        age = (
            (self._store.clock.now() - backlog.oldest_at).total_seconds()
            if backlog.oldest_at
            else 0.0
        )
        OUTBOX_AGE.labels(self._store.service).set(max(0.0, age))
        OUTBOX_WAITING.labels(self._store.service).set(backlog.waiting)

    def tidy(self) -> bool:
        """Forget some of what no repeat can ask for any more: old outbox rows, inbox rows, answers.

        Return whether there may be more; a little at a time, because it keeps others from writing.
        """
        with self._store.begin(self._context) as work:
            return forget_old(work, self._store.metadata) > 0

    def close(self) -> None:
        """Let another relay take over; idempotent."""
        self._right.release()

    def _note(self, trouble: str | None, passed: int) -> None:
        """Note what is the matter; where events were passed over, that still is."""
        if trouble is not None or not passed:
            self.trouble = trouble

    def _count(self, outcomes: Sequence[Outcome]) -> str | None:
        """Count what became of events; return what is the matter with those that are left."""
        left = [outcome for outcome in outcomes if outcome is not Outcome.CONFIRMED]
        for outcome in Outcome:
            if number := sum(1 for o in outcomes if o is outcome):
                PUBLISHED.labels(self._store.service, outcome.value).inc(number)
                if outcome is not Outcome.CONFIRMED:
                    log.warning(
                        "events stay in the outbox and will be published again",
                        extra={"service": self._store.service, "outcome": outcome, "n": number},
                    )
        return (
            f"the broker did not take {len(left)} of {len(outcomes)} events; the first: {left[0]}"
            if left
            else None
        )
