"""On RabbitMQ: a queue deleted under its consumer, or a broker that was wiped, loses nothing."""

import random
from collections.abc import Callable, Iterator

import pika
import pytest

from muster.cli.node import USER, Node
from muster.clock import RandomIds
from muster.contracts.catalogue import OWNERS
from muster.messaging.blueprint import exchanges_of
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.ports import Subscriber
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.restoring import Restorer
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import Subscription
from muster.service.inlet import Inlet, take_and_ack
from muster.service.relay import Relay
from muster.service.restoration import QueueMemory
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from tests.listeners import LISTENERS, TOPOLOGY, Hearing
from tests.servers.rabbitmq import fresh_vhost
from tests.stores import memory_store
from tests.waiting import eventually

pytestmark = pytest.mark.broker

PAPERS = LISTENERS[0].queue


class Services:
    """Four services with their relays and workers, each over connections of its own."""

    def __init__(self, amqp_url: str) -> None:
        self.amqp_url = amqp_url
        ids = RandomIds()  # one for all: what two services say must not have one id
        self.stores = {owner: memory_store(owner, service_metadata(), ids=ids) for owner in OWNERS}
        self.hearing = Hearing(self.stores)
        self.idle: set[str] = set()  # queues whose worker takes nothing just now, but is there
        self._made: list[RabbitConnection | RabbitPublisher] = []
        self._relays: list[Relay] = []
        self._takers: dict[str, Callable[[], None]] = {}
        for owner in OWNERS:
            self._start(owner)

    def turn(self) -> None:
        """Let every relay and every worker do something; whoever misses the broker tries again."""
        for act in [*(relay.step for relay in self._relays), *self._takers.values()]:
            try:
                act()
            except BrokerUnavailable:
                continue

    def settle(self) -> None:
        """Let all act until everything said was heard."""

        def all_heard() -> bool:
            self.turn()
            return self.hearing.heard >= self.hearing.expected()

        eventually(all_heard, within_s=60)
        for _ in range(20):  # whatever else is under way would be heard twice by now
            self.turn()
        assert self.hearing.heard == self.hearing.expected()

    def published(self) -> None:
        """Let all act until nothing said waits in an outbox."""
        waiting = "SELECT count(*) FROM outbox_messages WHERE published_at IS NULL"

        def none_waits() -> bool:
            self.turn()
            return not any(_number(store, waiting) for store in self.stores.values())

        eventually(none_waits, within_s=30)

    def close(self) -> None:
        """Close every connection."""
        for made in self._made:
            made.close()

    def _start(self, service: str) -> None:
        store = self.stores[service]
        connection = RabbitConnection(
            self.amqp_url, [Restorer(TOPOLOGY, service, QueueMemory(store))]
        )
        exchanges = exchanges_of(service)
        publisher = RabbitPublisher(self.amqp_url, exchanges=exchanges)
        retries = RabbitPublisher(
            self.amqp_url, exchanges=exchanges, on_return=connection.queue_missing
        )
        self._made += [connection, publisher, retries]
        self._relays.append(Relay(store, publisher))
        for subscription in TOPOLOGY.subscriptions:
            if subscription.service == service:
                handler = self.hearing.handler(subscription)
                inlet = Inlet(subscription, handler, store, retries)
                subscriber = connection.subscriber(subscription.queue, 100)
                self._takers[subscription.queue] = self._taking(subscription, inlet, subscriber)

    def _taking(
        self, subscription: Subscription, inlet: Inlet, subscriber: Subscriber
    ) -> Callable[[], None]:
        def take() -> None:
            if subscription.queue not in self.idle:
                take_and_ack(inlet, subscriber, subscriber.poll(50))

        return take


def _number(store: Store, question: str) -> int:
    with store.read() as connection:
        return int(connection.exec_driver_sql(question).scalar_one())


@pytest.fixture
def services(rabbitmq_node: Node) -> Iterator[Services]:
    """Return services on a virtual host of their own, with nothing in it yet."""
    services = Services(fresh_vhost(rabbitmq_node))
    yield services
    services.close()


def delete_queue(url: str, queue: str) -> None:
    """Delete a queue with all it holds, as an operator might."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_delete(queue)


def wipe(node: Node, url: str) -> None:
    """Delete a virtual host under everybody who is connected, and make an empty one."""
    name = url.rpartition("/")[2]
    node.control("delete_vhost", name)
    node.control("add_vhost", name)
    node.control("set_permissions", "--vhost", name, USER, ".*", ".*", ".*")


def test_a_new_deployment_misses_nothing_that_was_said_before_all_were_there(
    services: Services,
) -> None:
    """Whoever starts last hears what the others have said meanwhile."""
    services.hearing.say()

    services.settle()


def test_messages_of_a_queue_that_is_deleted_under_its_worker_take_effect_once(
    services: Services,
) -> None:
    """Waiting ones and those in the worker's hands; and what is said while there is no queue."""
    services.settle()
    services.idle.add(PAPERS)
    for _ in range(30):
        services.hearing.say()
    services.published()
    delete_queue(services.amqp_url, PAPERS)
    services.hearing.say()
    services.published()

    services.idle.clear()
    services.settle()


@pytest.mark.parametrize("queue", [f"{PAPERS}.dlq", "matching.retry.5s"])
def test_a_queue_nobody_consumes_is_made_again_when_its_service_connects(
    services: Services, queue: str
) -> None:
    """And so is whatever it may have held."""
    services.settle()
    delete_queue(services.amqp_url, queue)
    services.close()

    services.hearing.say()
    services.settle()

    with pika.BlockingConnection(pika.URLParameters(services.amqp_url)) as connection:
        assert connection.channel().queue_declare(queue, passive=True)


@pytest.mark.parametrize("seed", range(2))
def test_a_wiped_broker_loses_nothing(services: Services, rabbitmq_node: Node, seed: int) -> None:
    """The virtual host goes, with all in it, under everybody; services come back in any order."""
    chance = random.Random(seed)
    services.settle()
    for _ in range(2):
        services.idle = set(chance.sample([s.queue for s in TOPOLOGY.subscriptions], 3))
        for _ in range(10):
            services.hearing.say()
        services.published()
        wipe(rabbitmq_node, services.amqp_url)
        services.hearing.say()
        for _ in range(chance.randint(0, 5)):
            services.turn()

        services.idle = set()
        services.settle()
