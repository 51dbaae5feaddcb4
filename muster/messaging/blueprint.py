"""What a topology means to a broker: exchanges, queues with their arguments, and bindings.

Every queue is a quorum queue, and every way out of one is at-least-once. At-least-once
dead-lettering needs `reject-publish`: with the default overflow it silently loses that promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from muster.messaging.topology import (
    RETRY_DELAYS_SECONDS,
    Subscription,
    Topology,
    dead_letter_exchange,
    events_exchange,
    retry_exchange,
    return_exchange,
)

# Returns to a work queue before the broker itself gives a message up. Each death of a worker
# returns all it had fetched, good messages too; so this allows for a bad night of crashes.
DELIVERY_LIMIT = 50
# Looking at a dead letter and putting it back is a return, too, and beyond the limit the message
# would be dropped. Unlimited (-1) is no way out: RabbitMQ 3.10 reads it as less than zero.
DEAD_LETTER_DELIVERY_LIMIT = 1_000_000
DEFAULT_EXCHANGE = ""  # delivers to the queue named by the routing key


@dataclass(frozen=True)
class Exchange:
    """A durable exchange."""

    name: str
    kind: str


@dataclass(frozen=True)
class Queue:
    """A durable queue, its arguments, and the (exchange, routing key) pairs it is bound to."""

    name: str
    arguments: Mapping[str, str | int]
    bindings: tuple[tuple[str, str], ...]


def exchanges(topology: Topology) -> list[Exchange]:
    """Return every exchange, those that others need first."""
    heard = {exchange for s in topology.subscriptions for exchange, _ in s.bindings()}
    owned = {events_exchange(owner) for owner in topology.owners}
    result = [Exchange(name, "topic") for name in sorted(owned | heard)]
    for service in topology.services():
        result += _exchanges_behind(service)
    return result


def exchanges_of(service: str) -> list[Exchange]:
    """Return the exchanges that are a service's own, whatever it hears."""
    return [Exchange(events_exchange(service), "topic"), *_exchanges_behind(service)]


def queues(topology: Topology) -> list[Queue]:
    """Return every queue; a dead-letter queue comes before the queue that needs it."""
    result = []
    for subscription in topology.subscriptions:
        result += queues_of(subscription)
    for service in topology.services():
        result += retry_queues_of(service)
    return result


def queues_of(subscription: Subscription) -> list[Queue]:
    """Return the queues of one subscription alone: for its dead letters, and to work from."""
    return [_dead_letter_queue(subscription), _work_queue(subscription)]


def retry_queues_of(service: str) -> list[Queue]:
    """Return the queues in which messages of all subscriptions of a service wait to come back."""
    return [_retry_queue(service, delay) for delay in RETRY_DELAYS_SECONDS]


def _exchanges_behind(service: str) -> list[Exchange]:
    return [
        Exchange(dead_letter_exchange(service), "direct"),
        Exchange(return_exchange(service), "direct"),
        *(Exchange(retry_exchange(service, delay), "fanout") for delay in RETRY_DELAYS_SECONDS),
    ]


def _work_queue(subscription: Subscription) -> Queue:
    arguments: dict[str, str | int] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": dead_letter_exchange(subscription.service),
        "x-dead-letter-routing-key": subscription.queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    back = (return_exchange(subscription.service), subscription.queue)
    return Queue(subscription.queue, arguments, (*subscription.bindings(), back))


def _dead_letter_queue(subscription: Subscription) -> Queue:
    arguments: dict[str, str | int] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DEAD_LETTER_DELIVERY_LIMIT,
    }
    binding = (dead_letter_exchange(subscription.service), subscription.queue)
    return Queue(subscription.dead_letter_queue, arguments, (binding,))


def _retry_queue(service: str, delay_seconds: int) -> Queue:
    name = retry_exchange(service, delay_seconds)
    arguments: dict[str, str | int] = {
        "x-queue-type": "quorum",
        "x-message-ttl": delay_seconds * 1000,
        # No dead-letter routing key: the message keeps its own, the name of its work queue.
        "x-dead-letter-exchange": return_exchange(service),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    return Queue(name, arguments, ((name, "#"),))
