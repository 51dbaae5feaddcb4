"""The outbox: events wait here, committed together with the change they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, MetaData, Row, Select, Update, bindparam, func, select, update

from muster.messaging.ports import OutboundMessage

# One array for all, so that PostgreSQL plans it once, however many there are.
_MARK_ON_POSTGRESQL = """
    UPDATE outbox_messages SET published_at = %s WHERE sequence = ANY(%b::bigint[])
"""

# In the order in which OutboundMessage takes them.
_OF_A_MESSAGE = ("exchange", "routing_key", "message_id", "type", "body", "correlation_id")


@dataclass(frozen=True)
class Backlog:
    """How many events wait, and since when the oldest does."""

    waiting: int
    oldest_at: datetime | None


def waiting(
    connection: Connection, metadata: MetaData, limit: int, after: int = 0
) -> list[tuple[int, OutboundMessage]]:
    """Return (sequence, message) of the first `limit` events not yet published, oldest first.

    `after` leaves out those up to this sequence.

    It asks for state, not for a position: a row that commits late is simply still waiting.
    """
    rows = connection.execute(_waiting(metadata), {"after": after, "limit": limit})
    return [(sequence, OutboundMessage(*message)) for sequence, *message in rows]


def message_of(row: Row[Any]) -> OutboundMessage:
    """Return what a row of the outbox says, as it is published."""
    return OutboundMessage(
        exchange=row.exchange,
        routing_key=row.routing_key,
        message_id=row.message_id,
        type=row.type,
        body=row.body,
        correlation_id=row.correlation_id,
    )


def mark_published(
    connection: Connection, metadata: MetaData, sequences: Sequence[int], now: datetime
) -> None:
    """Note that these are with the broker."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_MARK_ON_POSTGRESQL, (now, list(sequences)))
        return
    connection.execute(_mark(metadata), {"sequences": sequences, "now": now})


def backlog(connection: Connection, metadata: MetaData) -> Backlog:
    """Return how much waits to be published."""
    outbox = metadata.tables["outbox_messages"]
    count, oldest = connection.execute(
        select(func.count(), func.min(outbox.c.recorded_at)).where(outbox.c.published_at.is_(None))
    ).one()
    return Backlog(count, oldest)


# Composed once for each service: that costs more than running them.
@cache
def _waiting(metadata: MetaData) -> Select[Any]:
    outbox = metadata.tables["outbox_messages"]
    return (
        select(outbox.c.sequence, *(outbox.c[name] for name in _OF_A_MESSAGE))
        .where(outbox.c.published_at.is_(None), outbox.c.sequence > bindparam("after"))
        .order_by(outbox.c.sequence)
        .limit(bindparam("limit"))
    )


@cache
def _mark(metadata: MetaData) -> Update:
    outbox = metadata.tables["outbox_messages"]
    chosen = outbox.c.sequence.in_(bindparam("sequences", expanding=True))
    return update(outbox).where(chosen).values(published_at=bindparam("now"))
