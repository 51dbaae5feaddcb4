"""What Muster asks of a broker. The real one and the in-memory one make the same promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class OutboundMessage:
    """A message on its way out. `headers` hold only what Muster itself puts there."""

    exchange: str
    routing_key: str
    message_id: str
    type: str
    body: bytes
    correlation_id: str = ""
    headers: Mapping[str, str | int] = field(default_factory=dict)


class Outcome(StrEnum):
    """What became of a published message."""

    CONFIRMED = "confirmed"  # every queue it was routed to has it safely
    RETURNED = "returned"  # no queue is bound for it
    REFUSED = "refused"  # the broker said no (negative confirm), or AMQP cannot carry it
    UNKNOWN = "unknown"  # the connection or the time ran out first: may or may not be there


class Publisher(Protocol):
    """Publishes persistently, mandatory, with pipelined confirms."""

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        """Publish all in order, wait once for all, and return one outcome for each, in order.

        Raises BrokerUnavailable if nothing could be sent at all.
        """
        ...

    def rest(self, seconds: float) -> None:
        """Stay idle for so long while keeping the connection alive."""
        ...

    def close(self) -> None:
        """Close the connection; idempotent."""
        ...


@dataclass(frozen=True)
class Delivery:
    """A message that came in and has to be settled: acked, or released to come again."""

    queue: str
    tag: int
    message_id: str
    body: bytes
    attempt: int = 0  # how often it was sent through a retry queue before
    redelivered: bool = False
    headers: Mapping[str, str | int] = field(default_factory=dict)
    type: str = ""
    correlation_id: str = ""


class Subscriber(Protocol):
    """Takes deliveries from one queue."""

    def poll(self, limit: int) -> list[Delivery]:
        """Return up to `limit` deliveries that have arrived; never block.

        Keeps the connection alive, and reopens it (the broker then redelivers what was unsettled).
        Raises BrokerUnavailable while the broker cannot be reached.
        """
        ...

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Settle these for good. Tags of a connection that is gone are ignored."""
        ...

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give these back to the queue, to be delivered again."""
        ...

    def close(self) -> None:
        """Stop taking deliveries; what is unsettled goes back to the queue. Idempotent."""
        ...
