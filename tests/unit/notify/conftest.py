"""The far ends that notify talks to, and a store that threads can share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from muster.clock import SeededIds, SimulatedClock
from muster.storage.engine import open_engine
from muster.storage.store import Store
from services.notify.tables import metadata
from tests.stores import START
from tests.unit.notify.hook_server import HookServer, hook_server
from tests.unit.notify.smtp_sink import Sink, smtp_sink


@pytest.fixture
def clock() -> SimulatedClock:
    """A clock that stands still."""
    return SimulatedClock(START)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A real SMTP server on loopback."""
    with smtp_sink() as running:
        yield running


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """A real HTTP server on loopback."""
    with hook_server() as running:
        yield running


@pytest.fixture
def shared_store(tmp_path: Path, clock: SimulatedClock) -> Iterator[Store]:
    """A store in a file, so that each thread has a connection of its own."""
    engine = open_engine(f"sqlite:///{tmp_path / 'notify.db'}")
    metadata.create_all(engine)
    yield Store("notify", engine, metadata, clock, SeededIds(1))
    engine.dispose()
