"""A unit of work: one transaction that holds the state, the inbox and the outbox together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from prometheus_client import Counter, Histogram
from sqlalchemy import Connection, Delete, Insert, MetaData, Table, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from muster.context import Context
from muster.contracts.event import Event
from muster.contracts.vocabulary.identifiers import EventId, Ids, Prefix
from muster.contracts.vocabulary.lifecycle import Transition
from muster.messaging.envelope import Envelope
from muster.messaging.topology import events_exchange
from muster.observability.exemplars import exemplar
from muster.observability.measuring import Metric
from muster.observability.tracing import traceparent_of, turn_back, turn_to
from muster.storage.bulk import add_rows

T = TypeVar("T")


class UnitOfWork:
    """What a use case works with. Whoever opened it commits or rolls back, never the use case.

    `connection` runs SQL inside the transaction; `now` is one instant for the whole unit;
    `context` says who acts and why.
    """

    def __init__(
        self, connection: Connection, metadata: MetaData, context: Context, now: datetime, ids: Ids
    ) -> None:
        self.connection = connection
        self.context = context
        self.now = now
        self.ids = ids
        self.transitions: list[Transition] = []
        self._tables = metadata.tables
        self._outbox: list[dict[str, Any]] = []
        self._timers: dict[tuple[str, str], dict[str, Any] | None] = {}  # None: to be forgotten
        self._postponed: dict[Callable[[UnitOfWork, list[Any]], None], list[Any]] = {}
        self._counted: dict[tuple[Metric[Counter], tuple[str, ...]], float] = {}
        self._observed: list[tuple[Histogram, float, dict[str, str] | None]] = []

    @contextmanager
    def caused_by(self, envelope: Envelope) -> Iterator[None]:
        """Let everything recorded inside be an effect of this event."""
        outer, self.context = self.context, envelope.effect_context()
        turned = turn_to(envelope.id)
        try:
            yield
        finally:
            turn_back(turned)
            self.context = outer

    def record(self, event: Event, *, version: int | None = None) -> None:
        """Say this event if, and only if, the transaction commits.

        `version` is the aggregate's version after the change, where the aggregate has one.
        """
        context, traceparent = self.context, traceparent_of(event, self.context.traceparent)
        if traceparent != context.traceparent:
            context = replace(context, traceparent=traceparent)
        envelope = Envelope(
            id=EventId(self.ids.new(Prefix.EVENT)),
            time=self.now,
            event=event,
            context=context,
            aggregate_version=version,
        )
        self._outbox.append(
            {
                "message_id": envelope.id,
                "aggregate_id": event.subject,
                "aggregate_version": version,
                "exchange": events_exchange(event.owner()),
                "routing_key": event.routing_key(),
                "type": event.event_type,
                "correlation_id": self.context.correlation_id,
                "body": envelope.to_json(),
                "recorded_at": self.now,
            }
        )

    def remember(self, transition: Transition) -> None:
        """Keep who moved what, when and why, for the auditor."""
        self.transitions.append(transition)

    def remember_step(
        self, thing: str, thing_id: str, before: str, after: str, reason: str = ""
    ) -> None:
        """Keep a step taken now by whoever acts; `before` is empty for what has just come to be."""
        self.remember(
            Transition(
                thing, thing_id, before, after, self.context.actor, reason, self.now, self.now
            )
        )

    def schedule(self, kind: str, subject: str, due_at: datetime) -> None:
        """Fire the timer `kind` for `subject` at `due_at`; replaces an earlier one of both."""
        self._timers[kind, subject] = {
            "timer_id": self.ids.new(Prefix.TIMER),
            "kind": kind,
            "subject": subject,
            "due_at": due_at,
            "correlation_id": self.context.correlation_id,
        }

    def unschedule(self, kind: str, subject: str) -> None:
        """Forget the timer `kind` for `subject`, if there is one."""
        self._timers[kind, subject] = None

    def postpone(self, write: Callable[["UnitOfWork", list[T]], None], value: T) -> None:
        """Let `write` write all that was postponed for it at once, last of all before the commit.

        For rows that many units change, such as sums (whoever has written one keeps all others
        waiting until it commits), and for what nobody waits for: the write sees no results, on
        PostgreSQL not even how many rows it struck.
        """
        self._postponed.setdefault(write, []).append(value)

    def count(self, metric: Metric[Counter], *labels: str, by: float = 1) -> None:
        """Let this counter rise if, and only if, the transaction commits."""
        key = metric, labels
        self._counted[key] = self._counted.get(key, 0) + by

    def observe(self, metric: Metric[Histogram], amount: float, *labels: str) -> None:
        """Enter this amount into a histogram if, and only if, the transaction commits."""
        example = exemplar(self.context.traceparent)
        self._observed.append((metric.labels(*labels), amount, example))

    def show_counts(self) -> None:
        """Let the metrics show what was counted; called by whoever opened it, after the commit."""
        for (metric, labels), number in self._counted.items():
            metric.labels(*labels).inc(number)
        for histogram, amount, example in self._observed:
            histogram.observe(amount, example)

    def flush(self) -> None:
        """Write what was recorded; called by whoever opened the unit, just before the commit."""
        if self.transitions:
            rows = [
                {
                    "thing": t.thing,
                    "thing_id": t.thing_id,
                    "before": t.before,
                    "after": t.after,
                    "actor": t.actor.name,
                    "organisation_id": t.actor.organisation_id,
                    "reason": t.reason,
                    "occurred_at": t.occurred_at,
                    "recorded_at": t.recorded_at,
                }
                for t in self.transitions
            ]
            add_rows(self.connection, self._tables["transitions"], rows)
        if self._timers:
            self._set_timers()
        add_rows(self.connection, self._tables["outbox_messages"], self._outbox)
        self._outbox = []
        for write, values in self._postponed.items():
            write(self, values)
        self._postponed = {}

    def _set_timers(self) -> None:
        """Forget and set timers, in one order; the last to commit wins where two set the same."""
        timers = self._tables["timers"]
        forgotten = [
            {"of_kind": kind, "of_subject": subject}
            for (kind, subject), row in sorted(self._timers.items())
            if row is None
        ]
        if forgotten:
            self.connection.execute(_forget(timers), forgotten)
        if rows := [row for _, row in sorted(self._timers.items()) if row is not None]:
            self.connection.execute(_set(timers, self.connection.dialect.name), rows)
        self._timers = {}


# Composed once for each table: that costs more than running them.
@cache
def _forget(timers: Table) -> Delete:
    return delete(timers).where(
        timers.c.kind == bindparam("of_kind"), timers.c.subject == bindparam("of_subject")
    )


@cache
def _set(timers: Table, dialect: str) -> Insert:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(timers)
    moved = {c.name: statement.excluded[c.name] for c in timers.c if c.name != "attempts"}
    upsert: Insert = statement.on_conflict_do_update(
        index_elements=[timers.c.kind, timers.c.subject], set_=moved | {"attempts": 0}
    )
    return upsert
