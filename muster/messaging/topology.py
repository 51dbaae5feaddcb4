"""Every exchange and queue, and their names, from one place.

A subscription is one durable queue of one service, bound to the event types it hears. From the
list of subscriptions follows everything: exchanges of the owners, work queues, retry queues with a
fixed delay, and dead-letter queues.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from muster.contracts.catalogue import OWNERS
from muster.contracts.event import Event

RETRY_DELAYS_SECONDS = (5, 30, 300)  # one retry queue per service and delay; then the dead letters


def events_exchange(owner: str) -> str:
    """Return the topic exchange an owner publishes its events to."""
    return f"{owner}.events"


def retry_exchange(service: str, delay_seconds: int) -> str:
    """Return the exchange whose one queue holds messages for this delay, keyed by work queue."""
    return f"{service}.retry.{delay_seconds}s"


def return_exchange(service: str) -> str:
    """Return the direct exchange that brings messages back to a service's work queues, by name.

    Not the default exchange: whoever may publish there may publish into any queue of anybody.
    """
    return f"{service}.return"


def dead_letter_exchange(service: str) -> str:
    """Return the direct exchange of a service's dead letters, keyed by work queue."""
    return f"{service}.dlx"


@dataclass(frozen=True)
class Subscription:
    """One queue of one service and the event types it hears."""

    service: str
    name: str
    events: tuple[type[Event], ...]

    def __post_init__(self) -> None:
        """Refuse a queue with the name of an exchange: the broker's rights do not tell them apart.

        Whoever may hear an exchange of events might read such a queue.
        """
        if self.name.partition(".")[0] in ("events", "dlx", "return", "retry"):
            raise ValueError(f"{self.queue!r} is the name of an exchange; call the queue otherwise")

    @property
    def queue(self) -> str:
        """Return the name of the work queue."""
        return f"{self.service}.{self.name}"

    @property
    def dead_letter_queue(self) -> str:
        """Return the name of the queue where its undeliverable messages end."""
        return f"{self.queue}.dlq"

    def bindings(self) -> list[tuple[str, str]]:
        """Return (exchange, routing key) of each event it hears."""
        return [(events_exchange(event.owner()), event.routing_key()) for event in self.events]


@dataclass(frozen=True)
class Topology:
    """All subscriptions of the running system."""

    subscriptions: tuple[Subscription, ...]
    owners: tuple[str, ...] = OWNERS

    def services(self) -> list[str]:
        """Return the services that subscribe to anything, sorted."""
        return sorted({s.service for s in self.subscriptions})

    def unheard(self, events: Iterable[type[Event]]) -> list[str]:
        """Return the types no subscription hears; a mandatory publish of these would come back."""
        heard = {event.event_type for s in self.subscriptions for event in s.events}
        return sorted(event.event_type for event in events if event.event_type not in heard)
