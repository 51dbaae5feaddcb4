"""Brokers to hold to the same promises: the one in memory, and RabbitMQ."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol

import pika

from muster.clock import SimulatedClock
from muster.contracts.event import Event
from muster.messaging.blueprint import exchanges, queues
from muster.messaging.declare import declare
from muster.messaging.memory import InMemoryBroker
from muster.messaging.ports import Delivery, OutboundMessage, Publisher, Subscriber
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.restoring import Restored, Restorer
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import Subscription, Topology
from tests.waiting import eventually


def an_event_of(owner: str, noun: str) -> type[Event]:
    """Return an event type that the catalogue does not have."""

    class Happened(Event):
        event_type: ClassVar[str] = f"muster.{owner}.{noun}.happened.v1"
        about: ClassVar[str] = "subject_id"

        subject_id: str

    return Happened


@dataclass(frozen=True)
class Names:
    """A service and an owner that no other test uses, and what it subscribes to."""

    unique: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    @property
    def service(self) -> str:
        """The subscribing service."""
        return f"service-{self.unique}"

    @property
    def owner(self) -> str:
        """Who says the events."""
        return f"owner-{self.unique}"

    @property
    def first(self) -> Subscription:
        """Hears events about things."""
        return Subscription(self.service, "first", (an_event_of(self.owner, "thing"),))

    @property
    def second(self) -> Subscription:
        """Hears events about things and about others."""
        events = (an_event_of(self.owner, "thing"), an_event_of(self.owner, "other"))
        return Subscription(self.service, "second", events)

    @property
    def topology(self) -> Topology:
        """Both subscriptions."""
        return Topology((self.first, self.second), owners=(self.owner, self.service))

    def restorer(self, memory: "RememberedQueues | None" = None) -> Restorer:
        """Return what puts the service's queues in order; without a memory it knows none."""
        return Restorer(self.topology, self.service, memory or RememberedQueues())

    def message(self, number: int, noun: str = "other", **changes: object) -> OutboundMessage:
        """Return an event; without more words it is one that only `second` hears."""
        fields: dict[str, object] = {
            "exchange": f"{self.owner}.events",
            "routing_key": an_event_of(self.owner, noun).routing_key(),
            "message_id": f"evt_{number}",
            "type": an_event_of(self.owner, noun).event_type,
            "body": b'{"number": %d}' % number,
            "correlation_id": f"cor_{number}",
        }
        return OutboundMessage(**{**fields, **changes})  # type: ignore[arg-type]


class RememberedQueues:
    """What a service remembers of its queues, without a store; `asked` is what it asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, frozenset[str]]] = []
        self.waiting: list[str] = []
        self._heard: dict[str, frozenset[str]] = {}

    def heard(self) -> Mapping[str, frozenset[str]]:
        """Return what each queue is known to hear."""
        return self._heard

    def begin(self, kept: Mapping[str, frozenset[str]]) -> str:
        """Forget all but this."""
        self._heard.update(kept)
        return "rst_1"

    def finish(self, restoration: str, restored: Sequence[Restored]) -> None:
        """Ask for what was missed."""
        self._heard.update({each.queue: each.heard for each in restored})
        self.asked += [(each.queue, each.missed) for each in restored if each.missed]

    def waits_for(self, exchanges: Sequence[str]) -> None:
        """Note what is not there."""
        self.waiting = list(exchanges)


class BrokerUnderTest(Protocol):
    """What the suite needs of either broker."""

    names: Names

    def publisher(self) -> Publisher:
        """Return a publisher; whoever made the broker closes it."""
        ...

    def subscriber(self, queue: str, prefetch: int = 3000) -> Subscriber:
        """Return a subscriber; whoever made the broker closes it."""
        ...

    def let_pass(self, seconds: float) -> None:
        """Let time pass, as far as this broker is told the time."""
        ...


def received(subscriber: Subscriber, number: int, within_s: float = 10) -> list[Delivery]:
    """Wait for so many deliveries and return them."""
    deliveries: list[Delivery] = []

    def enough() -> bool:
        deliveries.extend(subscriber.poll(number - len(deliveries)))
        return len(deliveries) >= number

    eventually(enough, within_s=within_s)
    return deliveries


def ids(deliveries: Sequence[Delivery]) -> list[str]:
    """Return the message ids in order."""
    return [delivery.message_id for delivery in deliveries]


class MemoryUnderTest:
    """The in-memory broker on a simulated clock."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._clock = SimulatedClock(datetime(2026, 1, 1, tzinfo=UTC))
        self._broker = InMemoryBroker(names.topology, self._clock)

    def publisher(self) -> Publisher:
        """Return a publisher."""
        return self._broker.publisher()

    def subscriber(self, queue: str, prefetch: int = 3000) -> Subscriber:
        """Return a subscriber."""
        return self._broker.subscriber(queue, prefetch)

    def let_pass(self, seconds: float) -> None:
        """Move the clock."""
        self._clock.advance(timedelta(seconds=seconds))


class RabbitUnderTest:
    """RabbitMQ, whose time passes by itself."""

    def __init__(self, names: Names, amqp_url: str) -> None:
        self.names = names
        self._amqp_url = amqp_url
        self._made: list[RabbitPublisher | RabbitConnection] = []

    def publisher(self) -> Publisher:
        """Return a publisher."""
        publisher = RabbitPublisher(self._amqp_url)
        self._made.append(publisher)
        return publisher

    def subscriber(self, queue: str, prefetch: int = 3000) -> Subscriber:
        """Return a subscriber on a connection of its own."""
        connection = RabbitConnection(self._amqp_url)
        self._made.append(connection)
        return connection.subscriber(queue, prefetch)

    def let_pass(self, seconds: float) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Close whatever was handed out."""
        for made in self._made:
            made.close()


@contextmanager
def declared(amqp_url: str, topology: Topology) -> Iterator[None]:
    """Have a topology on RabbitMQ, and remove every trace of it afterwards."""
    declare(amqp_url, topology)
    try:
        yield
    finally:
        with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
            channel = connection.channel()
            for queue in queues(topology):
                channel.queue_delete(queue.name)
            for exchange in exchanges(topology):
                channel.exchange_delete(exchange.name)
