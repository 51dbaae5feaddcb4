"""Measuring the state of a service for the gauges, beside all scrapes: see docs/metrics.md."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Executable, MetaData, func, select

from muster.observability.metrics import MEASURED_AT, TIMER_OVERDUE_SECONDS, TIMERS_OVERDUE
from muster.storage.store import Store

MEASURE_EVERY = 15.0  # seconds

_USUAL = timedelta(seconds=1)  # a timer that is so late is fired as all are

Measure = Callable[[Connection, datetime], None]


def measure_service(store: Store, of_its_own: Measure | None = None) -> bool:
    """Set the gauges of a service's state to what one look at its database finds.

    Return False: there is nothing more to do at once. Raises StoreUnavailable; then all gauges
    stay as they were, and MEASURED_AT tells since when.
    """
    now = store.clock.now()
    with store.read() as connection:
        _measure_timers(connection, store.metadata, store.service, now)
        if of_its_own is not None:
            of_its_own(connection, now)
    MEASURED_AT.labels(store.service).set(now.timestamp())
    return False


def by_labels(connection: Connection, query: Executable) -> dict[tuple[str, ...], float]:
    """Return the number in the last column of each row, by what is in the columns before it."""
    return {tuple(map(str, row[:-1])): float(row[-1]) for row in connection.execute(query)}


def _measure_timers(
    connection: Connection, metadata: MetaData, service: str, now: datetime
) -> None:
    timers = metadata.tables["timers"]
    overdue = select(func.count(), func.min(timers.c.due_at)).where(timers.c.due_at < now - _USUAL)
    number, oldest = connection.execute(overdue).one()
    TIMERS_OVERDUE.labels(service).set(number)
    TIMER_OVERDUE_SECONDS.labels(service).set(
        0 if oldest is None else (now - oldest).total_seconds()
    )
