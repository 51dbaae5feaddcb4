"""The sample application, and a client to call it with."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from muster.clock import RandomIds, SystemClock
from muster.storage.engine import open_engine
from muster.storage.store import Store
from tests.http_client import client_of
from tests.unit.web.sample import SERVICE, Sample, metadata


@pytest.fixture
def sample() -> Sample:
    """A fresh application over an empty store in memory."""
    return Sample()


@pytest.fixture
def client(sample: Sample) -> Iterator[httpx.Client]:
    """A client of the application, without a token."""
    with client_of(sample.app) as client:
        yield client


@pytest.fixture
def sample_on_disk(tmp_path: Path) -> Iterator[Sample]:
    """The application over a file, which several threads may use at once."""
    engine = open_engine(f"sqlite:///{tmp_path / 'parcels.db'}")
    with engine.begin() as connection:
        metadata.create_all(connection)
    yield Sample(Store(SERVICE, engine, metadata, SystemClock(), RandomIds()))
    engine.dispose()
