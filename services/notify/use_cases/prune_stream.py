"""Forget old entries of the live stream."""

from datetime import datetime

from sqlalchemy import delete, select

from muster.storage.unit_of_work import UnitOfWork
from services.notify.tables import stream_entries

_AT_ONCE = 5_000  # so that the transaction stays short


def prune_stream(work: UnitOfWork, before: datetime) -> bool:
    """Delete entries recorded earlier; return whether there may be more."""
    old = (
        select(stream_entries.c.sequence)
        .where(stream_entries.c.recorded_at < before)
        .order_by(stream_entries.c.recorded_at)
        .limit(_AT_ONCE)
    )
    done = work.connection.execute(
        delete(stream_entries).where(stream_entries.c.sequence.in_(old.scalar_subquery()))
    )
    return done.rowcount == _AT_ONCE
