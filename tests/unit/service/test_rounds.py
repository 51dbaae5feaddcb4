"""A relay process serves every store, tells the truth, and keeps tidy."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from muster.clock import SimulatedClock
from muster.messaging.memory import InMemoryBroker
from muster.messaging.ports import OutboundMessage, Outcome
from muster.service.platform import Condition
from muster.service.relay import Relay
from muster.service.rounds import Rounds
from muster.storage import inbox, retention
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from tests.events import SOMEBODY, TOPOLOGY, an_event
from tests.stores import START, memory_store


class Blocked:
    """A publisher whose broker takes nothing in, as one that is short of memory."""

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        return [Outcome.UNKNOWN for _ in messages]

    def rest(self, seconds: float) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class World:
    """Two services over one broker."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(START)
        self.broker = InMemoryBroker(TOPOLOGY, self.clock)
        self.condition = Condition()
        self.stores = [
            memory_store(service, service_metadata(), self.clock)
            for service in ("registry", "notify")
        ]
        publisher = self.broker.publisher()
        relays = [Relay(store, publisher) for store in self.stores]
        self.rounds = Rounds(
            relays, self.condition, self.reach, lambda: self.clock.now().timestamp()
        )

    def reach(self) -> None:
        """Ask the broker for nothing, which fails while it is away."""
        self.broker.publish([])


@pytest.fixture
def world() -> World:
    """Return a quiet world."""
    return World()


def say(store: Store) -> None:
    """Record an event."""
    with store.begin(SOMEBODY) as work:
        work.record(an_event())


def break_down(store: Store) -> None:
    """Let the database of a store fail from now on."""

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception("the disk is full"))

    event.listen(store.engine, "begin", fail)


def test_a_store_that_fails_holds_up_no_other(world: World) -> None:
    """The other service's events go out; the process says what is wrong."""
    broken, sound = world.stores
    say(sound)
    break_down(broken)

    assert world.rounds.turn() == 1

    assert any("relay of registry" in reason for reason in world.condition.reasons())


def test_a_broker_that_is_away_is_a_reason_until_it_is_back(world: World) -> None:
    """Nothing is lost meanwhile."""
    say(world.stores[0])
    world.broker.stop()
    assert world.rounds.turn() == 0
    assert world.condition.reasons() == ["broker: the in-memory broker is stopped"]

    world.broker.start()

    assert world.rounds.turn() == 1
    assert world.condition.reasons() == []


def test_a_broker_that_is_away_is_noticed_with_nothing_to_say(world: World) -> None:
    """A green light with an empty outbox would be worth nothing."""
    world.broker.stop()
    world.rounds.turn()
    assert world.condition.reasons() == ["broker: the in-memory broker is stopped"]

    world.broker.start()
    world.clock.advance(timedelta(seconds=1))
    world.rounds.turn()

    assert world.condition.reasons() == []


def test_whether_the_broker_is_there_is_shown(world: World) -> None:
    """Without anybody asking whether the process is ready."""
    up = {"service": "notify"}
    world.broker.stop()
    world.rounds.turn()
    assert REGISTRY.get_sample_value("muster_broker_up", up) == 0

    world.broker.start()
    world.clock.advance(timedelta(seconds=1))
    world.rounds.turn()

    assert REGISTRY.get_sample_value("muster_broker_up", up) == 1


def test_the_age_of_what_waits_is_measured_while_the_broker_is_away(world: World) -> None:
    """That is when somebody has to be woken."""
    say(world.stores[0])
    world.broker.stop()
    world.rounds.turn()
    world.clock.advance(timedelta(seconds=90))

    world.rounds.turn()

    labels = {"service": "registry"}
    assert REGISTRY.get_sample_value("muster_outbox_oldest_age_seconds", labels) == 90


def test_a_broker_that_takes_nothing_is_a_reason_not_to_be_ready() -> None:
    """An alarm blocks the connection without closing it."""
    store = memory_store("registry", service_metadata())
    condition = Condition()
    rounds = Rounds([Relay(store, Blocked())], condition, lambda: None)
    say(store)

    rounds.turn()

    [reason] = condition.reasons()
    assert reason.startswith("relay of registry: the broker did not take 1 of 1 events")


def test_what_is_old_is_forgotten_a_little_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no transaction is long, however much there is to forget."""
    store = world.stores[0]
    monkeypatch.setattr(retention.forget_old, "__defaults__", (2,))
    with store.begin(SOMEBODY) as work:
        inbox.admit(work.connection, store.metadata, "papers", list("abcde"), work.now)
    world.clock.advance(retention.INBOX_KEPT + timedelta(days=1))

    left = [(world.rounds.turn(), kept(store))[1] for _ in range(4)]

    assert left == [3, 1, 0, 0]


def kept(store: Store) -> int:
    """Return how many messages the inbox remembers."""
    with store.read() as connection:
        rows = connection.execute(store.metadata.tables["inbox_messages"].select())
        return len(rows.all())


def test_a_login_that_fails_holds_up_no_other(world: World) -> None:
    """Each has rounds of its own: the others' events go out, and the reason says whose do not."""
    refused, accepted = InMemoryBroker(TOPOLOGY, world.clock), world.broker
    rounds = {
        store.service: Rounds(
            [Relay(store, broker.publisher())],
            world.condition,
            lambda broker=broker: broker.publish([]),  # type: ignore[misc]
            lambda: world.clock.now().timestamp(),
            broker=f"broker for {store.service}",
        )
        for store, broker in zip(world.stores, (refused, accepted), strict=True)
    }
    for store in world.stores:
        say(store)
    refused.stop()

    assert [each.turn() for each in rounds.values()] == [0, 1]
    assert world.condition.reasons() == ["broker for registry: the in-memory broker is stopped"]

    refused.start()
    assert [each.turn() for each in rounds.values()] == [1, 0]
    assert world.condition.reasons() == []
