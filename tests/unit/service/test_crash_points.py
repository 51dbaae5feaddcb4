"""Crash points: a process ends at the step it is told, once, and only in a test."""

from pathlib import Path

import pytest

from muster.clock import SeededIds, SimulatedClock
from muster.context import Context
from muster.contracts.vocabulary.lifecycle import Actor
from muster.service.crash_points import (
    KILLED,
    CrashingStore,
    CrashingSubscribers,
    CrashPoints,
    Step,
)
from muster.settings import Settings
from muster.storage.engine import open_engine
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from tests.stores import START


class Crashed(Exception):
    """The process would be gone."""


def crash(status: int) -> None:
    """End as a process would."""
    assert status == KILLED
    raise Crashed


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """The file for the orders."""
    return tmp_path / "crash-at"


@pytest.fixture
def points(orders: Path) -> CrashPoints:
    """Crash points that raise instead of ending the process."""
    return CrashPoints(orders, crash)


@pytest.fixture
def store(points: CrashPoints) -> CrashingStore:
    """A store in memory with crash points."""
    metadata, engine = service_metadata(), open_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
    return CrashingStore("matching", engine, metadata, SimulatedClock(START), SeededIds(1), points)


def remember(store: Store, actor: str) -> None:
    """Do some work in a unit of this actor's."""
    with store.begin(Context(Actor(actor), correlation_id="")) as work:
        work.remember_step("thing", "thing_1", "", "made")


def kept(store: Store) -> int:
    """Return how many steps are kept."""
    with store.read() as connection:
        return len(connection.execute(store.metadata.tables["transitions"].select()).all())


@pytest.mark.parametrize(
    ("step", "actor", "survives"),
    [
        (Step.API_BEFORE_COMMIT, "provider:cli_1", False),
        (Step.API_AFTER_COMMIT, "provider:cli_1", True),
        (Step.WORKER_BEFORE_COMMIT, "service:matching", False),
        (Step.WORKER_AFTER_COMMIT, "service:matching", True),
        (Step.RELAY_AFTER_PUBLISH, "relay:matching", False),
        (Step.RELAY_BEFORE_MARK, "relay:matching", False),
        (Step.RELAY_AFTER_MARK, "relay:matching", True),
        (Step.TIMER_BEFORE_COMMIT, "timer:sourcing", False),
        (Step.TIMER_AFTER_COMMIT, "timer:sourcing", True),
    ],
)
def test_it_crashes_where_it_is_told(
    store: CrashingStore, orders: Path, step: Step, actor: str, survives: bool
) -> None:
    """Before the commit nothing is kept, after it everything; others' work is left alone."""
    orders.write_text(step)
    remember(store, "notify:courier")

    with pytest.raises(Crashed):
        remember(store, actor)

    assert kept(store) == 1 + survives


def test_it_crashes_before_an_ack(points: CrashPoints, orders: Path) -> None:
    """The deliveries are not settled then."""
    settled = []

    class Queue:
        def subscriber(self, queue: str, prefetch: int) -> "Queue":
            return self

        def ack(self, deliveries: list[object]) -> None:
            settled.append(deliveries)

    subscriber = CrashingSubscribers(Queue(), points).subscriber("q", 1)  # type: ignore[arg-type]
    subscriber.ack([])
    orders.write_text(Step.WORKER_BEFORE_ACK)

    with pytest.raises(Crashed):
        subscriber.ack([])

    assert settled == [[]]


def test_it_crashes_at_the_passing_it_is_told_and_never_again(
    store: CrashingStore, orders: Path
) -> None:
    """The order is gone with the process, so the next one lives."""
    orders.write_text(f"{Step.WORKER_AFTER_COMMIT}:3\n")
    remember(store, "service:matching")
    remember(store, "service:matching")

    with pytest.raises(Crashed):
        remember(store, "service:matching")

    assert not orders.exists()
    remember(store, "service:matching")
    assert kept(store) == 4


def test_each_order_is_counted_from_the_start(store: CrashingStore, orders: Path) -> None:
    """What was passed under an earlier order does not count."""
    orders.write_text(f"{Step.WORKER_AFTER_COMMIT}:2")
    remember(store, "service:matching")
    orders.write_text(f"{Step.TIMER_AFTER_COMMIT}:2")
    remember(store, "timer:sourcing")
    remember(store, "service:matching")

    with pytest.raises(Crashed):
        remember(store, "timer:sourcing")


def test_no_process_starts_with_crash_points_outside_of_a_test(
    monkeypatch: pytest.MonkeyPatch, orders: Path
) -> None:
    """Whoever sets it by mistake is told at once."""
    monkeypatch.setenv("MUSTER_CRASH_AT", str(orders))
    with pytest.raises(ValueError, match="MUSTER_CRASH_AT would make Muster fail on purpose"):
        Settings()

    monkeypatch.setenv("MUSTER_TESTING", "yes")
    assert Settings().crash_at == orders
