"""The broker as processes see it: it goes and comes, refuses, blocks, and breaks off.

What happens to messages between a publisher and a queue is the broker's own disturbance.
"""

import random
from collections.abc import Callable, Sequence

from muster.clock import Clock
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory import InMemoryBroker
from muster.messaging.memory_clients import InMemorySubscriber
from muster.messaging.ports import Delivery, OutboundMessage, Outcome
from muster.messaging.topology import Topology
from tests.simulation.faults import Faults

PREFETCH = 40
HEAL = 0.3  # that what is down comes back, whenever somebody looks after it


class Network(InMemoryBroker):
    """A broker, and whether it can be reached."""

    def __init__(
        self, topology: Topology, clock: Clock, chance: random.Random, faults: Faults
    ) -> None:
        super().__init__(topology, clock, chance, faults.climate.disturbance)
        self.faults = faults
        self.blocked = False  # by an alarm: publishing waits in vain, consuming goes on
        self.is_up = True

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
    """

    def __init__(
        self,
        network: Network,
        sent: Callable[[OutboundMessage], None] = lambda _: None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self._network = network
        self._sent = sent
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
