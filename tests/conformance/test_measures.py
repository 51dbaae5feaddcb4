"""What operators see is measured alike on both databases."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from muster.cli.bootstrap import metadata_of
from muster.clock import SeededIds, SimulatedClock
from muster.contracts.catalogue import OWNERS
from muster.storage.engine import open_engine
from muster.storage.measures import Measure, measure_service
from muster.storage.store import Store
from services.dispatch import measures as dispatch
from services.matching import measures as matching
from services.matching.matcher import matcher_of
from services.notify import measures as notify
from tests.metrics import shown, total
from tests.stores import START
from tests.unit.matching.builders import usual_settings


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an empty database of each kind in turn."""
    url = (
        f"sqlite:///{tmp_path}/store.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_engine(url)
    yield engine
    engine.dispose()


def measure_of(service: str) -> Measure | None:
    """Return how a service measures itself."""
    index = matcher_of(usual_settings()).index
    measures: dict[str, Measure] = {
        "matching": partial(matching.measure, index=index),
        "dispatch": dispatch.measure,
        "notify": notify.measure,
    }
    return measures.get(service)


@pytest.mark.parametrize("service", OWNERS)
def test_every_service_can_be_measured(engine: Engine, service: str) -> None:
    """Each database understands what it is asked."""
    metadata = metadata_of(service)
    metadata.create_all(engine)
    store = Store(service, engine, metadata, SimulatedClock(START), SeededIds(1))

    measure_service(store, measure_of(service))

    name = "muster_measured_timestamp_seconds"
    assert total(shown(), name, service=service) == START.timestamp()
