"""What is published when a delivery cannot be handled now, or cannot be handled at all.

Publish and have it confirmed first, ack the delivery after: a crash in between gives a duplicate,
never a loss. Body and message id stay as they are, so the inbox recognises any copy.
"""

from datetime import datetime

from muster.messaging.headers import (
    ATTEMPT,
    DIED_AT,
    FIRST_FAILED_AT,
    REASON,
    SERVICE,
    SUBSCRIPTION,
    short_reason,
)
from muster.messaging.ports import Delivery, OutboundMessage
from muster.messaging.topology import (
    RETRY_DELAYS_SECONDS,
    Subscription,
    dead_letter_exchange,
    retry_exchange,
)


def retry_message(
    delivery: Delivery, service: str, reason: str, failed_at: datetime
) -> OutboundMessage | None:
    """Return what brings the delivery back to its queue after the next delay.

    None once every delay of RETRY_DELAYS_SECONDS has been used: then it is a dead letter.
    """
    if delivery.attempt >= len(RETRY_DELAYS_SECONDS):
        return None
    delay = RETRY_DELAYS_SECONDS[delivery.attempt]
    marks: dict[str, str | int] = {
        ATTEMPT: delivery.attempt + 1,
        REASON: short_reason(reason),
        FIRST_FAILED_AT: _first_failure(delivery, failed_at),
    }
    return _forwarded(delivery, retry_exchange(service, delay), marks)


def dead_letter_message(
    delivery: Delivery, subscription: Subscription, reason: str, died_at: datetime
) -> OutboundMessage:
    """Return what puts the delivery into its dead-letter queue: why, who gave up, and when."""
    marks: dict[str, str | int] = {
        ATTEMPT: delivery.attempt,
        REASON: short_reason(reason),
        SERVICE: subscription.service,
        SUBSCRIPTION: subscription.name,
        FIRST_FAILED_AT: _first_failure(delivery, died_at),
        DIED_AT: died_at.isoformat(),
    }
    return _forwarded(delivery, dead_letter_exchange(subscription.service), marks)


def _first_failure(delivery: Delivery, now: datetime) -> str | int:
    return delivery.headers.get(FIRST_FAILED_AT) or now.isoformat()


def _forwarded(delivery: Delivery, exchange: str, marks: dict[str, str | int]) -> OutboundMessage:
    return OutboundMessage(
        exchange=exchange,
        routing_key=delivery.queue,
        message_id=delivery.message_id,
        type=delivery.type,
        body=delivery.body,
        correlation_id=delivery.correlation_id,
        headers={**delivery.headers, **marks},
    )
