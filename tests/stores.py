"""Stores for tests: real SQL, no files."""

from datetime import UTC, datetime

from sqlalchemy import MetaData

from muster.clock import SeededIds, SimulatedClock
from muster.contracts.vocabulary.identifiers import Ids
from muster.storage.engine import open_engine
from muster.storage.store import Store

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def memory_store(
    service: str,
    metadata: MetaData,
    clock: SimulatedClock | None = None,
    ids: Ids | None = None,
) -> Store:
    """Return an empty store in memory with a clock that stands still and ids that repeat."""
    engine = open_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
    return Store(service, engine, metadata, clock or SimulatedClock(START), ids or SeededIds(1))
