"""Durable timers: rows that fire once, after a restart too."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, MetaData, Select, bindparam, delete, func, select, update

LONGEST_PAUSE = timedelta(minutes=5)
_DOUBLINGS = 9  # more would only overflow: the pause is at its longest by then


@dataclass(frozen=True)
class DueTimer:
    """A timer whose moment has come."""

    timer_id: str
    kind: str
    subject: str
    due_at: datetime
    correlation_id: str
    attempts: int


def due(
    connection: Connection, metadata: MetaData, kinds: list[str], now: datetime, limit: int
) -> list[DueTimer]:
    """Return timers of these kinds that are due, the longest overdue first."""
    rows = connection.execute(_due(metadata), {"now": now, "kinds": kinds, "limit": limit})
    return [DueTimer(**row) for row in rows.mappings()]


def take(connection: Connection, metadata: MetaData, timer: DueTimer) -> bool:
    """Remove the timer; False if somebody else fired it or moved it meanwhile."""
    taken = connection.execute(_take(metadata), {"taken": timer.timer_id, "due": timer.due_at})
    return taken.rowcount == 1


def postpone(connection: Connection, metadata: MetaData, timer: DueTimer, now: datetime) -> None:
    """Try a timer that failed again later, each time after a longer pause."""
    timers = metadata.tables["timers"]
    pause = min(timedelta(seconds=2 ** min(timer.attempts, _DOUBLINGS)), LONGEST_PAUSE)
    connection.execute(
        update(timers)
        .where(timers.c.timer_id == timer.timer_id)
        .values(due_at=now + pause, attempts=timer.attempts + 1)
    )


def next_due(connection: Connection, metadata: MetaData) -> datetime | None:
    """Return when the next timer is due."""
    timers = metadata.tables["timers"]
    found: datetime | None = connection.execute(select(func.min(timers.c.due_at))).scalar()
    return found


@cache
def _take(metadata: MetaData) -> Delete:
    timers = metadata.tables["timers"]
    mine = timers.c.timer_id == bindparam("taken")
    return delete(timers).where(mine, timers.c.due_at == bindparam("due"))


@cache  # composing it costs more than running it, and every idle worker asks ten times a second
def _due(metadata: MetaData) -> Select[Any]:
    timers = metadata.tables["timers"]
    return (
        select(timers)
        .where(
            timers.c.due_at <= bindparam("now"),
            timers.c.kind.in_(bindparam("kinds", expanding=True)),
        )
        .order_by(timers.c.due_at, timers.c.timer_id)
        .limit(bindparam("limit"))
    )
