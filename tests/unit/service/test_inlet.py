"""A batch is taken whole, or one by one; nothing is lost and nothing takes effect twice."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from muster.clock import SimulatedClock
from muster.contracts.notify import NotificationFailed
from muster.contracts.vocabulary.errors import DomainError, TransientError
from muster.contracts.vocabulary.identifiers import NotificationId
from muster.messaging.envelope import Envelope
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory import InMemoryBroker
from muster.service.inlet import BatchHandler, Inlet, one_by_one
from muster.storage.store import Store, StoreUnavailable, TooMuch
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork
from tests.events import NOON, PAPERS, TOPOLOGY, a_message, an_envelope, an_event
from tests.stores import START, memory_store


class World:
    """A broker, a store, and a handler that says one event for each it takes."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(START)
        self.broker = InMemoryBroker(TOPOLOGY, self.clock)
        self.store: Store = memory_store("notify", service_metadata(), self.clock)
        self.subscriber = self.broker.subscriber(PAPERS.queue)
        self.batches: list[list[str]] = []

    def publish(self, *numbers: int, body: bytes | None = None) -> None:
        self.broker.publisher().publish([a_message(number, body) for number in numbers])

    def take(self, handler: BatchHandler | None = None) -> None:
        inlet = Inlet(PAPERS, handler or self.handle, self.store, self.broker.publisher())
        deliveries = self.subscriber.poll(100)
        inlet.take(deliveries)
        self.subscriber.ack(deliveries)

    def handle(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        self.batches.append([envelope.id for envelope in envelopes])
        for envelope in envelopes:
            with work.caused_by(envelope):
                work.record(an_event(reference=envelope.id))

    def effects(self) -> int:
        outbox = self.store.metadata.tables["outbox_messages"]
        with self.store.read() as connection:
            return connection.execute(select(func.count()).select_from(outbox)).scalar_one()

    def dead_letters(self) -> list[str]:
        return [str(d.headers["x-reason"]) for d in self.broker.dead_letters(PAPERS.queue)]


@pytest.fixture
def world() -> World:
    """Return a quiet world."""
    return World()


def test_a_batch_is_one_transaction(world: World) -> None:
    """Three deliveries, one call of the handler, three effects."""
    world.publish(1, 2, 3)

    world.take()

    assert world.batches == [["evt_1", "evt_2", "evt_3"]]
    assert world.effects() == 3
    assert world.broker.depths()[PAPERS.queue] == 0


def test_a_repeat_has_no_effect(world: World) -> None:
    """The same message in one batch and in a later one takes effect once."""
    world.publish(1, 1)
    world.take()
    world.publish(1)

    world.take()

    assert world.effects() == 1


def test_one_bad_message_does_not_hold_up_its_neighbours(world: World) -> None:
    """The others take effect; the bad one ends in the dead letters with its reason."""

    def refuse_second(work: UnitOfWork, envelope: Envelope) -> None:
        if envelope.id == "evt_2":
            raise DomainError("the second is not wanted")
        world.handle(work, [envelope])

    world.publish(1, 2, 3)

    world.take(one_by_one(refuse_second))

    assert world.effects() == 2
    assert world.dead_letters() == ["DomainError: the second is not wanted"]


def test_what_cannot_be_read_is_a_dead_letter(world: World) -> None:
    """A body that is no event is kept with the reason."""
    world.publish(1, body=b"{not json")
    world.publish(2)

    world.take()

    assert world.effects() == 1
    assert world.dead_letters()[0].startswith("not a valid event")


def test_an_event_that_is_not_subscribed_to_is_a_dead_letter(world: World) -> None:
    """Whoever may say one thing cannot make it pass for another: routing keys alone do not tell."""
    failed = NotificationFailed(
        notification_id=NotificationId("ntf_1"),
        organisation_id=None,
        channel="email",
        reason="no such address",
    )
    world.publish(1, body=an_envelope(1, failed).to_json())
    world.publish(2)

    world.take()

    assert world.batches == [["evt_2"]]
    assert world.dead_letters() == [
        "notify.papers does not subscribe to muster.notify.notification.failed.v1"
    ]


def test_what_fails_for_now_comes_back_later(world: World) -> None:
    """A transient failure is tried again after the first delay, and then takes effect."""

    def fail(work: UnitOfWork, envelope: Envelope) -> None:
        raise TransientError("not now")

    world.publish(1)
    world.take(one_by_one(fail))
    assert world.subscriber.poll(1) == []

    due = world.broker.next_due()
    assert due is not None
    world.clock.advance(due - world.clock.now())
    world.take()

    assert world.effects() == 1
    assert world.dead_letters() == []


def test_what_always_fails_is_a_dead_letter_in_the_end(world: World) -> None:
    """After every delay was used, the message is kept with the last reason."""

    def fail(work: UnitOfWork, envelope: Envelope) -> None:
        raise RuntimeError("never")

    world.publish(1)
    world.take(one_by_one(fail))
    while (due := world.broker.next_due()) is not None:
        world.clock.advance(due - world.clock.now())
        world.take(one_by_one(fail))

    assert world.dead_letters() == ["RuntimeError: never"]


def test_a_store_that_is_away_is_not_the_messages_fault(world: World) -> None:
    """The batch is not settled; taking it again when the store is back has one effect each."""

    def fail(work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        raise StoreUnavailable("gone")

    world.publish(1, 2)
    with pytest.raises(StoreUnavailable):
        world.take(fail)
    world.subscriber.release(world.subscriber.poll(100))
    world.subscriber.close()
    world.subscriber = world.broker.subscriber(PAPERS.queue)

    world.take()

    assert world.effects() == 2


def test_a_message_that_is_too_much_for_the_store_does_not_hold_up_its_neighbours(
    world: World,
) -> None:
    """The database serves the others: this one comes back later, and in the end is put aside."""
    world.publish(1, 2, 3)

    def handle(work: UnitOfWork, envelope: Envelope) -> None:
        if envelope.id == "evt_2":
            raise TooMuch("canceling statement due to statement timeout")
        world.handle(work, [envelope])

    world.take(one_by_one(handle))

    assert world.effects() == 2
    assert world.subscriber.poll(1) == []
    world.clock.advance(timedelta(minutes=1))
    assert [delivery.message_id for delivery in world.subscriber.poll(1)] == ["evt_2"]


def test_a_dead_letter_that_the_broker_does_not_take_is_not_acked(world: World) -> None:
    """The delivery stays with the broker until its dead letter is safe."""
    world.publish(1, body=b"rubbish")
    deliveries = world.subscriber.poll(100)
    inlet = Inlet(PAPERS, world.handle, world.store, world.broker.publisher())
    world.broker.stop()

    with pytest.raises(BrokerUnavailable):
        inlet.take(deliveries)

    world.broker.start()
    assert world.broker.depths()[PAPERS.queue] == 1


def test_an_effect_knows_its_cause(world: World) -> None:
    """What a handler says carries the correlation of, and is caused by, what it heard."""
    causes: list[str | None] = []

    def look(work: UnitOfWork, envelope: Envelope) -> None:
        causes.extend([work.context.correlation_id, work.context.causation_id])

    world.publish(7)

    world.take(one_by_one(look))

    assert causes == ["cor_test", "evt_7"]


def test_how_long_an_event_took_to_be_heard_is_measured(world: World) -> None:
    """From its happening, wherever it has lain in between."""
    name, labels = "muster_message_lag_seconds_sum", {"service": "notify", "subscription": "papers"}
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    world.publish(1)
    world.clock.advance(NOON + timedelta(seconds=90) - world.clock.now())

    world.take()

    assert REGISTRY.get_sample_value(name, labels) == before + 90
