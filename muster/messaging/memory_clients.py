"""Publisher and subscriber of the in-memory broker."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from muster.messaging.ports import Delivery, OutboundMessage, Outcome

if TYPE_CHECKING:
    from muster.messaging.memory import InMemoryBroker


class InMemoryPublisher:
    """A `Publisher` that needs no connection."""

    def __init__(self, broker: "InMemoryBroker") -> None:
        self._broker = broker

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        """Publish all in order and return one outcome for each, in order."""
        return self._broker.publish(messages)

    def rest(self, seconds: float) -> None:
        """Return at once: whose clock moves decides how long that was."""

    def close(self) -> None:
        """Do nothing; idempotent."""


class InMemorySubscriber:
    """A `Subscriber` of one queue."""

    def __init__(self, broker: "InMemoryBroker", queue: str, prefetch: int) -> None:
        self.queue = queue
        self._broker = broker
        self._prefetch = prefetch
        self._generation = broker.generation
        self._unsettled: set[int] = set()
        self._closed = False

    def poll(self, limit: int) -> list[Delivery]:
        """Return up to `limit` deliveries that are available."""
        if self._closed:
            raise RuntimeError(f"the subscriber of {self.queue} was closed; make another")
        if self._generation != self._broker.generation:
            self._generation = self._broker.generation
            self._unsettled.clear()
        room = self._prefetch - len(self._unsettled)
        deliveries = self._broker.take(self.queue, min(limit, room))
        self._unsettled.update(delivery.tag for delivery in deliveries)
        return deliveries

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Settle these for good. Tags of a connection that is gone are ignored."""
        self._broker.settle(self.queue, self._settled(deliveries))

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give these back to the queue, to be delivered again."""
        self._broker.give_back(self.queue, self._settled(deliveries))

    def close(self) -> None:
        """Stop taking deliveries; what is unsettled goes back to the queue. Idempotent."""
        self._closed = True
        self._broker.give_back(self.queue, sorted(self._unsettled))
        self._unsettled.clear()

    def _settled(self, deliveries: Sequence[Delivery]) -> list[int]:
        tags = [delivery.tag for delivery in deliveries if delivery.tag in self._unsettled]
        self._unsettled.difference_update(tags)
        return tags
