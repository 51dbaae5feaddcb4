"""Timers fire once, when they are due, and a failing one does not hold up the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from muster.clock import SimulatedClock
from muster.service.timekeeper import Timekeeper
from muster.storage.store import Store, StoreUnavailable
from muster.storage.tables import service_metadata
from muster.storage.timers import LONGEST_PAUSE
from muster.storage.unit_of_work import UnitOfWork
from tests.events import SOMEBODY
from tests.stores import START, memory_store


class World:
    """A store whose timers note what fired."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(START)
        self.store: Store = memory_store("notify", service_metadata(), self.clock)
        self.fired: list[str] = []
        self.failing: set[str] = set()
        self.fault: Exception = RuntimeError("no")
        self.keeper = Timekeeper(self.store, {"reminder": self.remind})

    def remind(self, work: UnitOfWork, subject: str) -> None:
        if subject in self.failing:
            raise self.fault
        self.fired.append(subject)

    def schedule(self, subject: str, seconds: int, kind: str = "reminder") -> None:
        with self.store.begin(SOMEBODY) as work:
            work.schedule(kind, subject, work.now + timedelta(seconds=seconds))

    def after(self, seconds: int) -> list[str]:
        self.clock.advance(timedelta(seconds=seconds))
        self.keeper.fire_due()
        return self.fired


@contextmanager
def away(store: Store) -> Iterator[None]:
    """Let the database of a store fail whatever is asked of it."""

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception("the server is away"))

    event.listen(store.engine, "begin", fail)
    yield
    event.remove(store.engine, "begin", fail)


@pytest.fixture
def world() -> World:
    """Return a world without timers."""
    return World()


def test_a_timer_fires_once_when_it_is_due(world: World) -> None:
    """Not before, and not again."""
    world.schedule("a", 10)

    assert world.after(9) == []
    assert world.after(1) == ["a"]
    assert world.after(100) == ["a"]


def test_timers_fire_in_the_order_they_are_due(world: World) -> None:
    """The longest overdue goes first."""
    world.schedule("late", 20)
    world.schedule("early", 10)

    assert world.after(60) == ["early", "late"]


def test_scheduling_again_moves_a_timer(world: World) -> None:
    """There is one timer of a kind for a subject."""
    world.schedule("a", 10)
    world.schedule("a", 30)

    assert world.after(10) == []
    assert world.after(20) == ["a"]


def test_a_timer_that_was_taken_back_does_not_fire(world: World) -> None:
    """Unscheduling forgets it."""
    world.schedule("a", 10)
    with world.store.begin(SOMEBODY) as work:
        work.unschedule("reminder", "a")

    assert world.after(10) == []


def test_a_failing_timer_is_tried_again_and_holds_nobody_up(world: World) -> None:
    """Its neighbour fires now; it fires when the fault is gone."""
    world.failing = {"a"}
    world.schedule("a", 10)
    world.schedule("b", 11)
    assert world.after(11) == ["b"]

    world.failing = set()

    assert world.after(2) == ["b", "a"]


def test_a_timer_that_always_fails_is_tried_for_ever_after_bounded_pauses(world: World) -> None:
    """Its pause stops growing, so it never comes to mean anything else."""
    world.failing = {"a"}
    world.schedule("a", 0)

    for _ in range(60):
        world.after(int(LONGEST_PAUSE.total_seconds()))
    world.failing = set()

    assert world.after(int(LONGEST_PAUSE.total_seconds())) == ["a"]


def test_a_timer_only_the_database_refuses_holds_nobody_up(world: World) -> None:
    """A statement that always takes too long is one timer's fault, not that of all behind it."""
    world.failing = {"a"}
    world.fault = StoreUnavailable("canceling statement due to statement timeout")
    world.schedule("a", 10)
    world.schedule("b", 11)

    assert world.after(11) == ["b"]


def test_timers_wait_while_the_store_is_away(world: World) -> None:
    """Nothing is lost: they fire when it is back."""
    world.schedule("a", 1)
    world.clock.advance(timedelta(seconds=1))
    with away(world.store), pytest.raises(StoreUnavailable):
        world.keeper.fire_due()

    assert world.after(0) == ["a"]


def test_a_timer_of_unknown_kind_waits_for_who_knows_it(world: World) -> None:
    """A worker of an older version leaves it alone."""
    world.schedule("a", 1, kind="novelty")

    assert world.after(5) == []
    assert Timekeeper(world.store, {"novelty": world.remind}).fire_due() == 1
    assert world.fired == ["a"]
