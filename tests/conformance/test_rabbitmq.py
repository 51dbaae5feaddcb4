"""What only a real broker can do to us: lost wires, silence, missing and different queues."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pika
import pytest

from muster.contracts.event import Event
from muster.messaging.blueprint import exchanges_of
from muster.messaging.declare import TopologyMismatch, declare, declare_exchanges
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.ports import Delivery, Outcome
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.restoring import Restorer
from muster.messaging.retries import dead_letter_message
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import Subscription, Topology
from tests.conformance.brokers import (
    Names,
    RememberedQueues,
    an_event_of,
    declared,
    ids,
    received,
)
from tests.conformance.proxy import Proxy
from tests.events import NOON
from tests.waiting import eventually

pytestmark = pytest.mark.broker


@dataclass
class Wired:
    """Names of the test's own, declared, and a wire to the broker that can be cut."""

    names: Names
    direct_url: str
    proxy: Proxy

    @property
    def url(self) -> str:
        """The address at the near end of the wire."""
        return self.proxy.url


@pytest.fixture
def wired(amqp_url: str) -> Iterator[Wired]:
    """A declared topology behind a wire that can be cut."""
    names = Names()
    with declared(amqp_url, names.topology), Proxy(amqp_url) as proxy:
        yield Wired(names, amqp_url, proxy)


@pytest.fixture
def publisher(wired: Wired) -> Iterator[RabbitPublisher]:
    """A publisher at the near end that soon loses patience."""
    publisher = RabbitPublisher(wired.url, confirm_timeout_s=2)
    yield publisher
    publisher.close()


@pytest.fixture
def connection(wired: Wired) -> Iterator[RabbitConnection]:
    """A worker's connection at the near end, with the topology."""
    connection = RabbitConnection(wired.url, [wired.names.restorer()])
    yield connection
    connection.close()


def delete_queue(url: str, queue: str) -> None:
    """Delete a queue as an operator might."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_delete(queue)


def delete_exchange(url: str, exchange: str) -> None:
    """Delete an exchange, and with it what was bound to it."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().exchange_delete(exchange)


def types(events: Iterable[type[Event]]) -> frozenset[str]:
    """Return the names of events on the wire."""
    return frozenset(event.event_type for event in events)


def test_a_loss_while_idle_costs_nothing(wired: Wired, publisher: RabbitPublisher) -> None:
    """The publisher notices before it sends, and sends over a new connection."""
    publisher.publish([wired.names.message(1)])
    wired.proxy.cut()

    assert publisher.publish([wired.names.message(2)]) == [Outcome.CONFIRMED]
    assert wired.proxy.accepted == 2


def test_a_loss_while_resting_is_survived(wired: Wired, publisher: RabbitPublisher) -> None:
    """Resting ends in time, and the next publish goes through."""
    publisher.publish([wired.names.message(1)])
    wired.proxy.cut()
    started = time.monotonic()

    publisher.rest(0.2)

    assert time.monotonic() - started >= 0.2
    assert publisher.publish([wired.names.message(2)]) == [Outcome.CONFIRMED]


def test_resting_keeps_the_connection_alive(wired: Wired) -> None:
    """Heartbeats go on while there is nothing to publish."""
    publisher = RabbitPublisher(f"{wired.url}?heartbeat=1")
    publisher.publish([wired.names.message(1)])

    publisher.rest(3.5)  # the broker hangs up after two silent heartbeats

    assert publisher.publish([wired.names.message(2)]) == [Outcome.CONFIRMED]
    assert wired.proxy.accepted == 1
    publisher.close()


def test_a_loss_before_the_confirm_leaves_the_outcome_unknown(
    wired: Wired, publisher: RabbitPublisher
) -> None:
    """It may or may not have arrived; the next publish is not affected."""
    publisher.publish([wired.names.message(1)])
    wired.proxy.freeze()
    cutter = threading.Timer(0.1, wired.proxy.cut)
    cutter.start()

    outcomes = publisher.publish([wired.names.message(n) for n in range(3)])
    cutter.join()

    assert outcomes == [Outcome.UNKNOWN] * 3
    assert publisher.publish([wired.names.message(4)]) == [Outcome.CONFIRMED]


def test_a_silent_broker_does_not_hold_the_publisher_for_long(
    wired: Wired, publisher: RabbitPublisher
) -> None:
    """Nobody answers and nobody hangs up: the publish still ends, and so does closing."""
    publisher.publish([wired.names.message(1)])
    wired.proxy.freeze()
    started = time.monotonic()

    assert publisher.publish([wired.names.message(2)]) == [Outcome.UNKNOWN]

    assert time.monotonic() - started < 8
    wired.proxy.cut()
    assert publisher.publish([wired.names.message(3)]) == [Outcome.CONFIRMED]


def test_a_broker_that_is_not_there_is_named_without_its_password() -> None:
    """The error says where nobody answered, and tells no secret."""
    url = "amqp://somebody:hush@127.0.0.1:1/%2F"
    subscriber = RabbitConnection(url).subscriber("any.queue", 1)

    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1, vhost '/'") as polled:
        subscriber.poll(1)
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1, vhost '/'") as published:
        RabbitPublisher(url).publish([Names().message(1)])
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1") as declaring:
        declare(url, Names().topology)

    assert not [e for e in (polled, published, declaring) if "hush" in str(e.value)]


def test_after_a_loss_everything_unsettled_comes_again(
    wired: Wired, publisher: RabbitPublisher, connection: RabbitConnection
) -> None:
    """The loss is told once; old tags are ignored, and neighbours on the connection recover."""
    names = wired.names
    publisher.publish([names.message(n, noun="thing") for n in range(3)])
    first, second = (connection.subscriber(s.queue, 100) for s in (names.first, names.second))
    stale = received(first, 3)
    received(second, 3)
    wired.proxy.cut()

    with pytest.raises(BrokerUnavailable, match="will be opened again"):
        eventually(lambda: first.poll(1))
    again = received(first, 3)
    first.ack(stale)
    first.release(stale)
    others = received(second, 3)

    assert ids(again) == ids(others) == ids(stale)
    assert all(d.redelivered for d in [*again, *others])
    first.close()
    assert ids(received(connection.subscriber(names.first.queue, 100), 3)) == ids(stale)


def test_acks_over_a_lost_connection_are_forgiven(
    wired: Wired, publisher: RabbitPublisher, connection: RabbitConnection
) -> None:
    """The handler's work is committed; the message comes again and the inbox knows it."""
    publisher.publish([wired.names.message(1)])
    subscriber = connection.subscriber(wired.names.second.queue, 100)
    deliveries = received(subscriber, 1)
    wired.proxy.cut()

    subscriber.ack(deliveries)

    def again() -> bool:
        try:
            return ids(subscriber.poll(1)) == ["evt_1"]
        except BrokerUnavailable:
            return False

    eventually(again)


def test_a_deleted_queue_is_named_and_declared_again(
    wired: Wired, publisher: RabbitPublisher, connection: RabbitConnection
) -> None:
    """Whoever deletes a queue under a worker gets a new one; the others never stop."""
    names = wired.names
    first, second = (connection.subscriber(s.queue, 100) for s in (names.first, names.second))
    first.poll(1)
    second.poll(1)
    delete_queue(wired.direct_url, names.first.queue)

    with pytest.raises(BrokerUnavailable, match=rf"{names.first.queue}' was deleted"):
        eventually(lambda: first.poll(1))
    first.poll(1)
    outcomes = publisher.publish([names.message(1, noun="thing")])

    assert outcomes == [Outcome.CONFIRMED]
    assert ids(received(first, 1)) == ids(received(second, 1)) == ["evt_1"]
    assert wired.proxy.accepted == 2  # the publisher's and the worker's, never reopened


def test_a_missing_queue_is_named_and_stops_no_other(
    wired: Wired, publisher: RabbitPublisher
) -> None:
    """Nobody made it, so the error says who will."""
    names = wired.names
    connection = RabbitConnection(wired.url)
    missing = connection.subscriber(f"{names.service}.missing", 1)
    present = connection.subscriber(names.second.queue, 100)
    publisher.publish([names.message(1)])

    for _ in range(2):
        with pytest.raises(BrokerUnavailable, match=r"missing' does not exist.*worker makes it"):
            missing.poll(1)

    assert ids(received(present, 1)) == ["evt_1"]
    connection.close()


def test_a_worker_makes_what_is_missing_when_it_connects_and_asks_for_what_it_missed(
    amqp_url: str,
) -> None:
    """A fresh or wiped broker is put in order by the first poll; what was there asks not."""
    names, memory = Names(), RememberedQueues()
    with declared(amqp_url, names.topology):
        connection = RabbitConnection(amqp_url, [names.restorer(memory)])
        connection.subscriber(names.first.queue, 1).poll(1)
        connection.close()
        memory.asked.clear()
        delete_queue(amqp_url, names.first.queue)

        polled = [connection.subscriber(s.queue, 1).poll(1) for s in (names.first, names.second)]

        assert polled == [[], []]
        assert memory.asked == [(names.first.queue, types(names.first.events))]
        connection.close()


def test_a_queue_is_bound_as_soon_as_the_owner_of_its_events_is_there(amqp_url: str) -> None:
    """Until then it hears all others; and it asks for an owner's words once it can hear them."""
    names, memory = Names(), RememberedQueues()
    late = Subscription(
        names.service, "second", (*names.second.events, an_event_of("late", "thing"))
    )
    topology = Topology((names.first, late), owners=(names.owner, names.service))
    clock = iter(range(0, 1000, 5))
    with declared(amqp_url, topology):
        for queue in (names.first.queue, late.queue):
            delete_queue(amqp_url, queue)
        delete_exchange(amqp_url, "late.events")
        connection = RabbitConnection(
            amqp_url, [Restorer(topology, names.service, memory)], lambda: next(clock)
        )
        subscriber = connection.subscriber(late.queue, 10)
        publisher = RabbitPublisher(amqp_url)

        subscriber.poll(1)
        assert publisher.publish([names.message(1)]) == [Outcome.CONFIRMED]
        assert ids(received(subscriber, 1)) == ["evt_1"]
        assert memory.waiting == ["late.events"]
        assert (late.queue, types(names.second.events)) in memory.asked

        declare_exchanges(amqp_url, exchanges_of("late")[:1])
        subscriber.poll(1)
        assert memory.waiting == []
        assert memory.asked[-1] == (late.queue, types(late.events[-1:]))
        publisher.close()
        connection.close()


def test_a_publisher_makes_its_own_exchanges_before_it_publishes(amqp_url: str) -> None:
    """After a broker was wiped, an event waits for its readers and is not refused for ever."""
    names = Names()
    with declared(amqp_url, names.topology):
        delete_exchange(amqp_url, f"{names.owner}.events")
        publisher = RabbitPublisher(amqp_url, exchanges=exchanges_of(names.owner)[:1])

        assert publisher.publish([names.message(1)]) == [Outcome.RETURNED]

        declare(amqp_url, names.topology)
        assert publisher.publish([names.message(1)]) == [Outcome.CONFIRMED]
        publisher.close()


def test_a_publisher_tells_of_a_queue_that_a_message_did_not_find(amqp_url: str) -> None:
    """An operator who deletes a dead-letter queue does not stop what wants to bury a message."""
    names = Names()
    with declared(amqp_url, names.topology):
        connection = RabbitConnection(amqp_url, [names.restorer()])
        subscriber = connection.subscriber(names.first.queue, 1)
        subscriber.poll(1)
        publisher = RabbitPublisher(amqp_url, on_return=connection.queue_missing)
        delete_queue(amqp_url, names.first.dead_letter_queue)
        delivery = Delivery(names.first.queue, 1, "evt_2", b"{}")
        buried = dead_letter_message(delivery, names.first, "unreadable", NOON)

        assert publisher.publish([buried]) == [Outcome.RETURNED]
        subscriber.poll(1)
        assert publisher.publish([buried]) == [Outcome.CONFIRMED]

        publisher.close()
        connection.close()


def test_a_queue_with_other_settings_is_named_with_a_way_out(amqp_url: str) -> None:
    """Settings of a queue cannot be changed, so the error says how to get rid of the old one."""
    names = Names()
    with declared(amqp_url, names.topology):
        delete_queue(amqp_url, names.first.queue)
        with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
            connection.channel().queue_declare(names.first.queue, durable=True)

        with pytest.raises(TopologyMismatch, match=rf"queue '{names.first.queue}'.*delete it"):
            declare(amqp_url, names.topology)
