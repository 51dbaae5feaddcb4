"""The broker as processes see it: it goes and comes, refuses, blocks, and breaks off.

What happens to messages between a publisher and a queue is the broker's own disturbance.
"""

import random
from collections.abc import Callable, Sequence
from itertools import count

from muster.clock import Clock
from muster.messaging.blueprint import Exchange
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory import InMemoryBroker
from muster.messaging.memory_clients import InMemorySubscriber
from muster.messaging.ports import Delivery, OutboundMessage, Outcome
from muster.messaging.topology import Topology
from tests.simulation.faults import Faults

PREFETCH = 40
MOST_LOSSES = 2
WIPED = 0.2  # of losses: everything is lost, not one queue
HEAL = 0.3  # that what is down comes back, whenever somebody looks after it


class Network(InMemoryBroker):
    """A broker, and whether it can be reached."""

    def __init__(
        self, topology: Topology, clock: Clock, chance: random.Random, faults: Faults
    ) -> None:
        super().__init__(topology, clock, chance, faults.climate.disturbance)
        self._numbers = count(1)  # of losses
        self.faults = faults
        self.blocked = False  # by an alarm: publishing waits in vain, consuming goes on
        self.is_up = True
        self._losses = 0
        self._gaps: dict[str, int] = {}  # by service: the latest loss that it has not mended

    @property
    def is_well(self) -> bool:
        """Tell whether it is up and takes messages."""
        return self.is_up and not self.blocked

    def admit(self) -> None:
        """Let what is late and due by now arrive."""
        self._admit_due()

    def waiting(self, name: str) -> Callable[[], bool]:
        """Return what tells whether a queue has something for whoever asks."""
        queue = self._queues[name]
        return lambda: queue.has_waiting and self.is_up

    def handed_out(self, queue: str) -> int:
        """Return how many messages of a queue are with subscribers."""
        return len(self._queues[queue].taken())

    def lose(self, name: str) -> None:
        """Delete a queue with all it holds: there is a gap in what its service has here."""
        super().lose(name)
        self._gaps[name.partition(".")[0]] = next(self._numbers)

    def lose_something(self) -> None:
        """Lose a queue, as often as not one that holds something, or everything."""
        self._losses += 1
        if self._chance.random() < WIPED:
            self.faults.counts["broker: wiped"] += 1
            self.wipe()
            return
        self.faults.counts["broker: lost a queue"] += 1
        depths = self.depths()
        full = [name for name, depth in depths.items() if depth]
        self.lose(self._chance.choice(full if full and self._chance.random() < 0.5 else [*depths]))

    def may_lose(self) -> bool:
        """Tell whether it may lose more: what is lost makes a story longer, in which more is."""
        return self.is_up and self._losses < MOST_LOSSES

    def gap(self, service: str) -> int:
        """Return the latest loss that a service has not mended, or 0."""
        return self._gaps.get(service, 0)

    def mended(self, service: str, gap: int) -> None:
        """Note that all of a service is there again, unless it has lost something else since."""
        if self.gap(service) == gap:
            self._gaps.pop(service, None)

    def recover(self) -> None:
        """Come back."""
        if not self.is_up:
            self.start()
        self.is_up = True
        self.blocked = False

    def fall_ill(self) -> None:
        """Go away, block publishing, or only drop every connection."""
        kind = self.faults.one_of("gone", "blocked", "connections dropped")
        self.faults.counts[f"broker: {kind}"] += 1
        if kind == "blocked":
            self.blocked = True
            return
        self.stop()
        self.is_up = kind != "gone"
        if self.is_up:
            self.start()


class NetworkPublisher:
    """A publisher of one process.

    `sent` is told of every message, in order, as it goes out. While it waits, `meanwhile` happens.
    Where something finds no queue it makes `exchanges` again, for they may be gone, too.
    """

    def __init__(
        self,
        network: Network,
        sent: Callable[[OutboundMessage], None] = lambda _: None,
        meanwhile: Callable[[], None] = lambda: None,
        exchanges: Sequence[Exchange] = (),
    ) -> None:
        self._network = network
        self._sent = sent
        self._exchanges = exchanges
        self._meanwhile = meanwhile

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        """Publish all in order, as far as it goes."""
        faults = self._network.faults
        faults.may_kill("before publish")
        if not self._network.is_up:
            raise BrokerUnavailable("the broker is gone")
        if self._network.blocked:
            return [Outcome.UNKNOWN] * len(messages)
        reached = len(messages)
        if faults.strikes("broker: connection broke while publishing", faults.climate.cuts):
            reached = faults.some(len(messages))
        outcomes = [self._publish(message) for message in messages[:reached]]
        if Outcome.RETURNED in outcomes:
            for exchange in self._exchanges:
                self._network.make_exchange(exchange)
        if reached < len(messages):  # what was confirmed in time is anybody's guess
            heard = faults.some(reached + 1)
            unheard = len(messages) - heard
            outcomes = [*outcomes[:heard], *(Outcome.UNKNOWN for _ in range(unheard))]
        self._meanwhile()
        faults.may_kill("after publish")
        return outcomes

    def rest(self, seconds: float) -> None:
        """Return at once."""

    def close(self) -> None:
        """Do nothing."""

    def _publish(self, message: OutboundMessage) -> Outcome:
        self._sent(message)
        faults = self._network.faults
        if faults.strikes("broker: message refused", faults.climate.refusals):
            return Outcome.REFUSED
        [outcome] = self._network.publish([message])
        if outcome is Outcome.UNKNOWN:
            faults.counts["broker: confirm lost"] += 1
        return outcome


class NetworkSubscriber:
    """A subscriber of one process; acks may be slow to go out."""

    def __init__(self, network: Network, queue: str) -> None:
        self.queue = queue
        self._network = network
        self._inner: InMemorySubscriber = network.subscriber(queue, PREFETCH)
        self.unsent: list[Delivery] = []  # whose acks are yet to go out

    def poll(self, limit: int) -> list[Delivery]:
        """Return what has arrived."""
        found = self._inner.poll(limit)
        if found:
            self._network.faults.may_kill("after taking")
        return found

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Settle these, now or a little later."""
        self.unsent.extend(deliveries)
        faults = self._network.faults
        faults.may_kill("before ack")
        if not faults.strikes("pause before ack", faults.climate.lingering):
            self.flush()

    def flush(self) -> None:
        """Send the acks that wait."""
        unsent, self.unsent = self.unsent, []
        self._inner.ack(unsent)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give these back."""
        self._inner.release(deliveries)

    def close(self) -> None:
        """Stop; what is unsettled goes back."""
        self.unsent.clear()
        self._inner.close()


class NetworkBroker:
    """The broker as a worker has it that puts its queues in order; things happen in between."""

    def __init__(self, network: Network, meanwhile: Callable[[], None]) -> None:
        self._network = network
        self._meanwhile = meanwhile
        self.has_exchange = network.has_exchange
        self.make_exchange = network.make_exchange
        self.has_queue = network.has_queue
        self.make_queue = network.make_queue

    def bind(self, queue: str, exchange: str, routing_key: str) -> None:
        """Bind the queue, unless it is bound."""
        if routing_key == queue:  # once for each work queue
            self._meanwhile()
        self._network.bind(queue, exchange, routing_key)
