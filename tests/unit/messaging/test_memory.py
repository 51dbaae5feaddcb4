"""What the in-memory broker can do beyond a broker's promises: look inside, and misbehave."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from muster.clock import SimulatedClock
from muster.messaging.disturbance import CALM, Disturbance
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory import InMemoryBroker
from muster.messaging.ports import Delivery, Outcome
from muster.messaging.retries import dead_letter_message, retry_message
from tests.events import NOON
from tests.unit.messaging.builders import ALARM, DIARY, HOUSE, message

START = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    """A broker, its clock, and what the alarm has heard."""

    def __init__(self, disturbance: Disturbance = CALM, seed: int = 1) -> None:
        self.clock = SimulatedClock(START)
        self.broker = InMemoryBroker(HOUSE, self.clock, random.Random(seed), disturbance)
        self.publisher = self.broker.publisher()
        self.alarm = self.broker.subscriber(ALARM.queue)
        self.heard: list[tuple[datetime, str]] = []

    def publish(self, number: int) -> list[Outcome]:
        """Publish so many events."""
        return self.publisher.publish([message(n) for n in range(number)])

    def hear(self) -> list[Delivery]:
        """Take and ack what is available now."""
        deliveries = self.alarm.poll(1000)
        self.alarm.ack(deliveries)
        self.heard += [(self.clock.now(), d.message_id) for d in deliveries]
        return deliveries

    def hear_out(self) -> list[str]:
        """Hear everything, moving the clock to whatever is due next."""
        self.hear()
        while due := self.broker.next_due():
            self.clock.advance(due - self.clock.now())
            self.hear()
        return [message_id for _, message_id in self.heard]


WILD = Disturbance(
    duplicate_probability=0.2,
    reorder_probability=0.3,
    max_delay_seconds=10,
    lost_confirm_probability=0.1,
)


@pytest.mark.parametrize("seed", range(20))
def test_a_wild_broker_loses_nothing(seed: int) -> None:
    """Everything comes at least once, whatever else happens."""
    world = World(WILD, seed)
    world.publish(100)

    heard = world.hear_out()

    assert set(heard) == {f"evt_{n}" for n in range(100)}
    assert len(heard) > 100
    assert heard != sorted(heard, key=lambda each: int(each[4:]))


def test_the_same_seed_gives_the_same_disturbance() -> None:
    """A failing simulation can be run again; another seed is another run."""
    runs = []
    for seed in (7, 7, 8):
        world = World(WILD, seed)
        outcomes = world.publish(50)
        world.hear_out()
        runs.append((outcomes, world.heard))

    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_delays_alone_keep_the_order() -> None:
    """Late is not the same as out of order."""
    world = World(Disturbance(max_delay_seconds=10))
    world.publish(50)

    assert len(world.hear()) < 50
    assert world.hear_out() == [f"evt_{n}" for n in range(50)]


def test_duplicates_alone_keep_the_order() -> None:
    """A second copy follows the first."""
    world = World(Disturbance(duplicate_probability=1))
    world.publish(3)

    assert world.hear_out() == ["evt_0", "evt_0", "evt_1", "evt_1", "evt_2", "evt_2"]


def test_reordering_alone_duplicates_nothing() -> None:
    """Every message comes once, some before their turn."""
    world = World(Disturbance(reorder_probability=0.5))
    world.publish(50)

    heard = world.hear_out()

    assert len(heard) == len(set(heard)) == 50
    assert heard != [f"evt_{n}" for n in range(50)]


def test_a_lost_confirm_leaves_the_message_there() -> None:
    """Unknown means it may have arrived; here it has."""
    world = World(Disturbance(lost_confirm_probability=1))

    assert world.publish(2) == [Outcome.UNKNOWN] * 2
    assert world.hear_out() == ["evt_0", "evt_1"]


def test_dead_letters_are_not_disturbed() -> None:
    """Disturbance ends where a message comes to rest."""
    world = World(Disturbance(duplicate_probability=1, max_delay_seconds=10))
    world.publish(1)
    first = world.hear_out()
    letter = dead_letter_message(
        Delivery(ALARM.queue, 1, first[0], b"{}"), ALARM, "no such door", NOON
    )

    world.publisher.publish([letter])

    assert [d.message_id for d in world.broker.dead_letters(ALARM.queue)] == ["evt_0"]


def test_depths_count_waiting_late_and_unsettled_messages() -> None:
    """A simulation knows when the house is quiet."""
    world = World()
    world.publish(3)
    held = world.alarm.poll(2)
    retry = retry_message(held[0], ALARM.service, "no answer", NOON)
    assert retry is not None
    world.publisher.publish([retry])
    world.alarm.ack(held[:1])

    depths = {name: depth for name, depth in world.broker.depths().items() if depth}

    assert depths == {ALARM.queue: 2, DIARY.queue: 3, "guard.retry.5s": 1}
    assert world.broker.next_due() == START + timedelta(seconds=5)


def test_a_quiet_broker_has_nothing_due() -> None:
    """So whoever moves the clock knows there is no sense in it."""
    world = World()

    assert world.broker.next_due() is None
    assert set(world.broker.depths().values()) == {0}


def test_dead_letters_can_be_looked_at_without_taking_them() -> None:
    """With their reasons, oldest first, as often as one likes."""
    world = World()
    world.publish(2)
    letters = [dead_letter_message(d, ALARM, f"because {d.message_id}", NOON) for d in world.hear()]
    world.publisher.publish(letters)

    for _ in range(2):
        reasons = [d.headers["x-reason"] for d in world.broker.dead_letters(ALARM.queue)]
        assert reasons == ["because evt_0", "because evt_1"]
    assert world.broker.dead_letters(DIARY.queue) == []


def test_a_stopped_broker_is_unavailable_and_forgets_who_held_what() -> None:
    """As a restart does: unsettled deliveries come again, and old tags mean nothing."""
    world = World()
    world.publish(1)
    stale = world.alarm.poll(1)

    world.broker.stop()
    with pytest.raises(BrokerUnavailable):
        world.publish(1)
    with pytest.raises(BrokerUnavailable):
        world.alarm.poll(1)
    world.broker.start()
    world.alarm.ack(stale)
    again = world.alarm.poll(10)

    assert [(d.message_id, d.redelivered) for d in again] == [("evt_0", True)]


def test_a_queue_outside_the_topology_is_named() -> None:
    """A misspelt subscription is found at once."""
    with pytest.raises(BrokerUnavailable, match=r"guard\.misspelt"):
        World().broker.subscriber("guard.misspelt").poll(1)


def test_a_retry_without_a_way_back_is_a_mistake() -> None:
    """RabbitMQ would keep it in the retry queue for good; here it is found at once."""
    astray = message(1, exchange="guard.retry.5s", routing_key="guard.misspelt")

    with pytest.raises(ValueError, match="never find its queue"):
        World().publisher.publish([astray])
