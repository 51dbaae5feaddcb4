"""Telling that nothing is left in a queue."""

from muster.messaging.blueprint import DEFAULT_EXCHANGE
from muster.messaging.ports import Outcome, Subscriber
from tests.conformance.brokers import BrokerUnderTest, ids, received


def nothing_left(subscriber: Subscriber, broker: BrokerUnderTest) -> bool:
    """Tell that a queue is empty: a message published now is the next that comes, and acked."""
    last = broker.names.message(999, exchange=DEFAULT_EXCHANGE, routing_key=_queue_of(subscriber))
    assert broker.publisher().publish([last]) == [Outcome.CONFIRMED]
    deliveries = received(subscriber, 1)
    subscriber.ack(deliveries)
    return ids(deliveries) == ["evt_999"]


def _queue_of(subscriber: Subscriber) -> str:
    """Return the queue a subscriber takes from."""
    return str(subscriber.queue)  # type: ignore[attr-defined]
