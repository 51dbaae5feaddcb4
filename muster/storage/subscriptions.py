"""What a service remembers of its own queues: which event types each is known to hear.

A type counts as known once the queue was bound to it and whatever it may have missed before was
asked for, in one transaction. Before a queue is made, what was known of it is forgotten: so a
crash in between leaves a queue that knows too little, and whoever comes next asks.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, MetaData, select, update
from sqlalchemy.dialects import postgresql, sqlite


def heard(connection: Connection, metadata: MetaData) -> dict[str, frozenset[str]]:
    """Return the event types that each queue is known to hear, by queue."""
    subscriptions = metadata.tables["subscriptions"]
    rows = connection.execute(select(subscriptions.c.queue, subscriptions.c.event_types))
    return {queue: frozenset(types.split()) for queue, types in rows}


def begin(
    connection: Connection,
    metadata: MetaData,
    restoration: str,
    kept: Mapping[str, Iterable[str]],
) -> None:
    """Note that a restoration sees to these queues, and that only `kept` is known of each."""
    subscriptions = metadata.tables["subscriptions"]
    rows = [
        {"queue": queue, "event_types": _written(types), "restoration": restoration}
        for queue, types in sorted(kept.items())
    ]
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(subscriptions)
    replaced = {name: statement.excluded[name] for name in ("event_types", "restoration")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["queue"], set_=replaced), rows
    )


def finish(
    connection: Connection,
    metadata: MetaData,
    restoration: str,
    known: Mapping[str, Iterable[str]],
) -> None:
    """Note what each queue is known to hear now, unless a later restoration sees to it."""
    subscriptions = metadata.tables["subscriptions"]
    for queue, types in sorted(known.items()):
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.queue == queue, subscriptions.c.restoration == restoration)
            .values(event_types=_written(types), restoration=None)
        )


def _written(event_types: Iterable[str]) -> str:
    return " ".join(sorted(event_types))
