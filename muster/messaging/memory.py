"""A broker inside the process, with the promises of the real one, for tests and simulations.

Single-threaded, and time is an injected clock, so retry delays pass when the clock says so. With a
`Disturbance` and a seeded `random.Random` it misbehaves as brokers may: messages come twice, late,
out of order, and confirms get lost; the same way for the same seed.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count

from muster.clock import Clock, SystemClock
from muster.messaging.blueprint import (
    DEFAULT_EXCHANGE,
    DELIVERY_LIMIT,
    Exchange,
    Queue,
    exchanges,
    queues,
)
from muster.messaging.disturbance import CALM, Disturbance
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory_clients import InMemoryPublisher, InMemorySubscriber
from muster.messaging.memory_queue import Held, MemoryQueue
from muster.messaging.outbound import can_be_sent
from muster.messaging.ports import Delivery, OutboundMessage, Outcome
from muster.messaging.topology import RETRY_DELAYS_SECONDS, Topology, retry_exchange

_OVERTAKES_AT_MOST = 8
_WAITS_FOR_QUEUE = timedelta(seconds=1)  # a message that is to come back to a queue that is gone


class InMemoryBroker:
    """Holds the queues of a topology. Make publishers and subscribers from it."""

    def __init__(
        self,
        topology: Topology,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        disturbance: Disturbance = CALM,
    ) -> None:
        self.generation = 0  # rises with every stop; what was handed out before is void
        self._clock = clock or SystemClock()
        self._chance = chance or random.Random(0)  # noqa: S311 - repeatable, guards nothing
        self._disturbance = disturbance
        self._tags = count(1)  # never the same twice: those of a queue that was lost mean nothing
        self._queues = {
            queue.name: MemoryQueue(queue.name, self._tags) for queue in queues(topology)
        }
        self._dead_letter_queues = {s.queue: s.dead_letter_queue for s in topology.subscriptions}
        self._routes: dict[tuple[str, str], tuple[str, ...]] = {}
        self._exchanges = {exchange.name for exchange in exchanges(topology)}
        self._lost: set[str] = set()  # queues that were deleted and have not been made again
        self._running = True
        for queue in queues(topology):
            self.make_queue(queue)
            for exchange, routing_key in queue.bindings:
                self.bind(queue.name, exchange, routing_key)
        self._delays = {
            retry_exchange(service, delay): timedelta(seconds=delay)
            for service in topology.services()
            for delay in RETRY_DELAYS_SECONDS
        }
        self._sequence = count(1)
        self._late: list[tuple[datetime, int, str, Held]] = []  # a heap by due time

    def publisher(self) -> InMemoryPublisher:
        """Return a publisher."""
        return InMemoryPublisher(self)

    def subscriber(self, queue: str, prefetch: int = 1000) -> InMemorySubscriber:
        """Return a subscriber that holds at most `prefetch` unsettled deliveries."""
        return InMemorySubscriber(self, queue, prefetch)

    def depths(self) -> dict[str, int]:
        """Return how many messages each queue holds: waiting, late and unsettled ones."""
        depths = {name: len(queue) for name, queue in self._queues.items()}
        for _, _, name, _ in self._late:
            depths[name] += 1
        return depths

    def dead_letters(self, queue: str) -> list[Delivery]:
        """Return what lies in the dead-letter queue of a work queue, oldest first; takes nothing.

        The deliveries are for looking at; their tags settle nothing.
        """
        name = self._dead_letter_queues[queue]
        return [held.delivery(name, tag=0) for held in self._queues[name].waiting()]

    def next_due(self) -> datetime | None:
        """Return the earliest moment a message that is late or held for retry becomes available."""
        return self._late[0][0] if self._late else None

    def stop(self) -> None:
        """Become unavailable, as a broker that restarts; unsettled deliveries go back."""
        self._running = False
        self.generation += 1
        for queue in self._queues.values():
            self._return(queue, queue.taken())

    def start(self) -> None:
        """Become available again."""
        self._running = True

    def lose(self, name: str) -> None:
        """Delete a queue with all it holds, handed out or not, as an operator might."""
        self._queues[name].clear()
        self._late = [late for late in self._late if late[2] != name]
        heapify(self._late)
        self._lost.add(name)
        for route, names in list(self._routes.items()):
            self._routes[route] = tuple(each for each in names if each != name)

    def wipe(self) -> None:
        """Delete everything: exchanges, queues, bindings and messages."""
        for name in self._queues:
            self.lose(name)
        self._exchanges.clear()

    def has_exchange(self, name: str) -> bool:
        """Tell whether there is such an exchange."""
        self._require_running()
        return name in self._exchanges

    def has_queue(self, name: str) -> bool:
        """Tell whether there is such a queue."""
        self._require_running()
        return name in self._queues and name not in self._lost

    def make_exchange(self, exchange: Exchange) -> None:
        """Make the exchange, unless it is there."""
        self._require_running()
        self._exchanges.add(exchange.name)

    def make_queue(self, queue: Queue) -> None:
        """Make the queue, unless it is there; bind it to nothing."""
        self._require_running()
        self._lost.discard(queue.name)
        self.bind(queue.name, DEFAULT_EXCHANGE, queue.name)

    def bind(self, queue: str, exchange: str, routing_key: str) -> None:
        """Bind the queue, unless it is bound."""
        self._existing(queue)
        bound = self._routes.get((exchange, routing_key), ())
        if queue not in bound:
            self._routes[exchange, routing_key] = (*bound, queue)

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        """Take messages from a publisher."""
        self._require_running()
        return [self._confirm(self._accept(message)) for message in messages]

    def take(self, queue: str, limit: int) -> list[Delivery]:
        """Hand out up to `limit` messages that are available now."""
        self._require_running()
        self._admit_due()
        return self._existing(queue).take(limit)

    def settle(self, queue: str, tags: Sequence[int]) -> None:
        """Remove what was handed out under these tags; ignore unknown tags."""
        self._queues[queue].remove(tags)

    def give_back(self, queue: str, tags: Sequence[int]) -> None:
        """Return messages to their places; what was returned too often is a dead letter."""
        self._return(self._queues[queue], tags)

    def _return(self, queue: MemoryQueue, tags: Sequence[int]) -> None:
        for held in queue.remove(tags):
            held.returns += 1
            dead_letter_queue = self._dead_letter_queues.get(queue.name)
            if dead_letter_queue is not None and held.returns > DELIVERY_LIMIT:
                self._put(dead_letter_queue, held.message)
            else:
                queue.put(held)

    def _accept(self, message: OutboundMessage) -> Outcome:
        if not can_be_sent(message):
            return Outcome.REFUSED
        if message.exchange in self._delays:
            if message.exchange in self._lost:
                return Outcome.RETURNED
            self._hold(message)
            return Outcome.CONFIRMED
        names = self._routes.get((message.exchange, message.routing_key), ())
        for name in names:
            self._arrive(name, message)
        return Outcome.CONFIRMED if names else Outcome.RETURNED

    def _confirm(self, outcome: Outcome) -> Outcome:
        lost = self._disturbance.lost_confirm_probability
        return Outcome.UNKNOWN if lost and self._chance.random() < lost else outcome

    def _hold(self, message: OutboundMessage) -> None:
        if message.routing_key not in self._queues:
            raise ValueError(f"a retry of {message.routing_key!r} would never find its queue")
        due = self._clock.now() + self._delays[message.exchange]
        sequence = next(self._sequence)
        held = Held(message, (sequence, sequence))
        heappush(self._late, (due, sequence, message.exchange, held))

    def _arrive(self, name: str, message: OutboundMessage) -> None:
        if name not in self._dead_letter_queues or self._disturbance == CALM:
            self._put(name, message)
            return
        self._arrive_disturbed(self._queues[name], message)
        if self._chance.random() < self._disturbance.duplicate_probability:
            self._arrive_disturbed(self._queues[name], message)

    def _arrive_disturbed(self, queue: MemoryQueue, message: OutboundMessage) -> None:
        sequence = position = next(self._sequence)
        now = self._clock.now()
        due = now + timedelta(seconds=self._chance.uniform(0, self._disturbance.max_delay_seconds))
        if self._chance.random() < self._disturbance.reorder_probability:
            position -= self._chance.randint(1, _OVERTAKES_AT_MOST)
        else:
            due = queue.last_due = max(due, queue.last_due or due)
        held = Held(message, (position, sequence))
        if due > now:
            heappush(self._late, (due, sequence, queue.name, held))
        else:
            queue.put(held)

    def _admit_due(self) -> None:
        now = self._clock.now() if self._late else None
        while self._late and now is not None and self._late[0][0] <= now:
            _, sequence, name, held = heappop(self._late)
            if name in self._delays and held.message.routing_key in self._lost:
                heappush(self._late, (now + _WAITS_FOR_QUEUE, sequence, name, held))
            elif name in self._delays:
                self._arrive(held.message.routing_key, held.message)
            else:
                self._queues[name].put(held)

    def _put(self, name: str, message: OutboundMessage) -> None:
        sequence = next(self._sequence)
        self._queues[name].put(Held(message, (sequence, sequence)))

    def _existing(self, name: str) -> MemoryQueue:
        if not self.has_queue(name):
            raise BrokerUnavailable(f"The queue {name!r} does not exist.")
        return self._queues[name]

    def _require_running(self) -> None:
        if not self._running:
            raise BrokerUnavailable("the in-memory broker is stopped")
