"""Services over a broker that loses queues, and processes that may die at any of their steps."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from muster.clock import SeededIds, SimulatedClock
from muster.context import Context
from muster.contracts.catalogue import OWNERS
from muster.messaging.blueprint import Exchange, Queue, queues
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory import InMemoryBroker
from muster.messaging.restoring import Restorer
from muster.messaging.topology import Subscription, Topology
from muster.service.inlet import Inlet, take_and_ack
from muster.service.relay import Relay
from muster.service.restoration import QueueMemory
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork
from tests.listeners import TOPOLOGY, Hearing
from tests.stores import START, memory_store

ROUNDS_AT_MOST = 500


class Killed(BaseException):
    """The process is gone, with everything it had in memory."""


class MortalStore(Store):
    """A store whose user dies before a commit, or right after it, if so decided."""

    def __init__(self, store: Store, dies: Callable[[], bool]) -> None:
        super().__init__(store.service, store.engine, store.metadata, store.clock, store.ids)
        self._dies = dies

    @contextmanager
    def begin(self, context: Context) -> Iterator[UnitOfWork]:
        """Open a unit of work that may not live to its commit, or to what follows it."""
        with super().begin(context) as work:
            yield work
            self._live_on()
        self._live_on()

    def _live_on(self) -> None:
        if self._dies():
            raise Killed


class Alliance:
    """Relays and workers that act one after another, in an order that a seed decides."""

    def __init__(self, seed: int = 1, topology: Topology = TOPOLOGY) -> None:
        self.chance = random.Random(seed)
        self.clock = SimulatedClock(START)
        self.broker = InMemoryBroker(topology, self.clock, self.chance)
        self.topology = topology
        self.meddling = False  # others act, and queues vanish, while one puts its queues in order
        ids = SeededIds(seed)
        self.stores = {
            owner: memory_store(owner, service_metadata(), self.clock, ids) for owner in OWNERS
        }
        self.hearing = Hearing(self.stores)
        self.relays = {owner: Relay(s, self.broker.publisher()) for owner, s in self.stores.items()}
        self.takers = [self._taking(subscription) for subscription in topology.subscriptions]
        self.actors = [*(relay.step for relay in self.relays.values()), *self.takers]
        self.broker.wipe()

    def put_in_order(self, service: str, dies: Callable[[], bool] = lambda: False) -> bool:
        """Make what is missing of a service, as its worker does; False if it has to be repeated."""
        memory = QueueMemory(MortalStore(self.stores[service], dies))
        try:
            return Restorer(self.topology, service, memory).put_in_order(Meddlesome(self))
        except (BrokerUnavailable, Killed):
            return False

    def meddle(self) -> None:
        """Let others act, and queues vanish."""
        if not self.meddling or self.chance.random() > 0.1:
            return
        if self.chance.random() < 0.1:
            self.broker.lose(self.chance.choice(queues(self.topology)).name)
        else:
            self.chance.choice(list(self.relays.values())).step()

    def turn(self) -> None:
        """Let somebody do something."""
        self.chance.choice(self.actors)()

    def settle(self) -> None:
        """Put everything in order, in any order, and let all act until nothing is left to do."""
        services = list(OWNERS)
        for _ in range(ROUNDS_AT_MOST):
            self.chance.shuffle(services)
            whole = [self.put_in_order(service) for service in services]
            self.chance.shuffle(self.actors)
            busy = [actor() for actor in self.actors]
            if not any(busy) and all(whole):
                return
        raise AssertionError(f"still busy after {ROUNDS_AT_MOST} rounds")

    def _taking(self, subscription: Subscription) -> Callable[[], int]:
        service = subscription.service
        publisher = self.broker.publisher()
        inlet = Inlet(
            subscription, self.hearing.handler(subscription), self.stores[service], publisher
        )
        subscriber = self.broker.subscriber(subscription.queue)

        def take() -> int:
            try:
                deliveries = subscriber.poll(self.chance.randint(1, 5))
                take_and_ack(inlet, subscriber, deliveries)
            except BrokerUnavailable:
                self.put_in_order(service, lambda: self.meddling and self.chance.random() < 0.1)
                return 1
            return len(deliveries)

        return take


class Meddlesome:
    """A broker to which much else happens between any two questions."""

    def __init__(self, alliance: Alliance) -> None:
        self._alliance = alliance
        self._broker = alliance.broker

    def has_exchange(self, name: str) -> bool:
        """Tell whether there is such an exchange."""
        self._alliance.meddle()
        return self._broker.has_exchange(name)

    def has_queue(self, name: str) -> bool:
        """Tell whether there is such a queue."""
        self._alliance.meddle()
        return self._broker.has_queue(name)

    def make_exchange(self, exchange: Exchange) -> None:
        """Make the exchange."""
        self._alliance.meddle()
        self._broker.make_exchange(exchange)

    def make_queue(self, queue: Queue) -> None:
        """Make the queue."""
        self._alliance.meddle()
        self._broker.make_queue(queue)

    def bind(self, queue: str, exchange: str, routing_key: str) -> None:
        """Bind the queue."""
        self._alliance.meddle()
        self._broker.bind(queue, exchange, routing_key)
