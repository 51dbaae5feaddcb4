"""A database that is there but of no use now is waited for, with the reason: nothing crashes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from muster.clock import SeededIds, SimulatedClock
from muster.messaging.memory import InMemoryBroker
from muster.service.platform import Condition
from muster.service.relay import Relay
from muster.service.rounds import Rounds
from muster.storage.engine import open_engine
from muster.storage.store import Store, StoreUnavailable
from muster.storage.tables import service_metadata
from tests.events import SOMEBODY, TOPOLOGY, an_event
from tests.stores import START

METADATA = service_metadata()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return a database of each kind in turn, with all tables."""
    url = (
        f"sqlite:///{tmp_path}/store.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_engine(url)
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Store:
    """Return a store over it."""
    return Store("registry", engine, METADATA, SimulatedClock(START), SeededIds(1))


def say(store: Store) -> None:
    """Record an event."""
    with store.begin(SOMEBODY) as work:
        work.record(an_event())


def test_a_table_that_is_not_there_is_no_mistake_of_a_message(store: Store) -> None:
    """No migration has run yet, or somebody is putting a copy back: it may come."""
    METADATA.tables["outbox_messages"].drop(store.engine)

    with pytest.raises(StoreUnavailable, match="outbox_messages"):
        say(store)

    METADATA.create_all(store.engine)
    say(store)


def test_a_relay_without_its_table_is_not_ready_and_goes_on(store: Store) -> None:
    """The reason names the store; what comes when all is well again goes out."""
    clock = SimulatedClock(START)
    broker, condition = InMemoryBroker(TOPOLOGY, clock), Condition()
    relay = Relay(store, broker.publisher())
    rounds = Rounds([relay], condition, lambda: None, lambda: clock.now().timestamp())
    METADATA.tables["outbox_messages"].drop(store.engine)

    assert rounds.turn() == 0
    assert any("relay of registry" in reason for reason in condition.reasons())

    METADATA.create_all(store.engine)
    say(store)
    assert rounds.turn() == 1
    assert not any("relay of registry" in reason for reason in condition.reasons())
    relay.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """Something else has overwritten it."""
    (tmp_path / "store.db").write_bytes(b"garbage" * 2000)
    engine = open_engine(f"sqlite:///{tmp_path}/store.db")
    store = Store("registry", engine, METADATA, SimulatedClock(START), SeededIds(1))

    with pytest.raises(StoreUnavailable, match="not a database"):
        say(store)
    engine.dispose()
