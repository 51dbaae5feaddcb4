"""Publishing again what the outbox still holds, for a queue that may have missed it.

An order names event types and how far the outbox reached when it was given. The relay goes through
the outbox from its oldest row to there. What is marked published stays marked, and what is not is
published none the less: it may be on its way, sent before the queue was there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, MetaData, Select, bindparam, delete, func, select, update

from muster.contracts.vocabulary.identifiers import Prefix
from muster.messaging.ports import OutboundMessage
from muster.storage.outbox import message_of
from muster.storage.unit_of_work import UnitOfWork

SPAN = 5_000  # sequence numbers looked through at once: rare types must not make one read long


@dataclass(frozen=True)
class Republication:
    """What is to be published again: these types, after `position` and up to `until`."""

    republication_id: str
    event_types: frozenset[str]
    position: int
    until: int


def order(work: UnitOfWork, metadata: MetaData, event_types: Iterable[str]) -> None:
    """Have these types published again, from the oldest that is kept.

    What is under way already is taken up into the new order: the queue that asks now was not there
    for all of it. Two that order at the same time leave two orders, which is harmless.
    """
    republications = metadata.tables["republications"]
    outbox = metadata.tables["outbox_messages"]
    oldest, newest = work.connection.execute(
        select(func.min(outbox.c.sequence), func.max(outbox.c.sequence))
    ).one()
    if oldest is None:
        return
    under_way = _all(work.connection, metadata)
    if under_way:
        replaced = [each.republication_id for each in under_way]
        work.connection.execute(
            delete(republications).where(republications.c.republication_id.in_(replaced))
        )
    wanted = frozenset(event_types).union(*(each.event_types for each in under_way))
    work.connection.execute(
        republications.insert().values(
            republication_id=work.ids.new(Prefix.REPUBLICATION),
            event_types=" ".join(sorted(wanted)),
            position=oldest - 1,
            until=newest,
        )
    )


def current(connection: Connection, metadata: MetaData) -> Republication | None:
    """Return the order the relay is to work on, if there is any."""
    row = connection.execute(_first(metadata)).one_or_none()
    return None if row is None else _read(row)


def window(
    connection: Connection, metadata: MetaData, republication: Republication, limit: int
) -> tuple[Sequence[tuple[int, OutboundMessage]], int]:
    """Return the next messages by sequence, at most so many, and the position they reach."""
    upper = min(republication.position + SPAN, republication.until)
    rows = connection.execute(
        _window(metadata),
        {
            "position": republication.position,
            "upper": upper,
            "types": sorted(republication.event_types),
            "limit": limit,
        },
    ).all()
    reached = rows[-1].sequence if len(rows) == limit else upper
    return [(row.sequence, message_of(row)) for row in rows], reached


def advance(
    connection: Connection, metadata: MetaData, republication: Republication, position: int
) -> None:
    """Note how far the order is done; forget it at its end. Does nothing if it was replaced."""
    republications = metadata.tables["republications"]
    mine = republications.c.republication_id == republication.republication_id
    if position >= republication.until:
        connection.execute(delete(republications).where(mine))
    else:
        connection.execute(update(republications).where(mine).values(position=position))


def _all(connection: Connection, metadata: MetaData) -> list[Republication]:
    return [_read(row) for row in connection.execute(select(metadata.tables["republications"]))]


def _read(row: Any) -> Republication:
    types = frozenset(row.event_types.split())
    return Republication(row.republication_id, types, row.position, row.until)


# Composed once for each service: every round of its relay asks.
@cache
def _first(metadata: MetaData) -> Select[Any]:
    republications = metadata.tables["republications"]
    return select(republications).order_by(republications.c.republication_id).limit(1)


@cache
def _window(metadata: MetaData) -> Select[Any]:
    outbox = metadata.tables["outbox_messages"]
    return (
        select(outbox)
        .where(
            outbox.c.sequence > bindparam("position"),
            outbox.c.sequence <= bindparam("upper"),
            outbox.c.type.in_(bindparam("types", expanding=True)),
        )
        .order_by(outbox.c.sequence)
        .limit(bindparam("limit"))
    )
