"""What AMQP can carry."""

from muster.messaging.ports import OutboundMessage

SHORT_STRING_BYTES = 255


def can_be_sent(message: OutboundMessage) -> bool:
    """Tell whether every name in the message fits an AMQP short string.

    One that does not must not keep its neighbours from being published.
    """
    names = (
        message.exchange,
        message.routing_key,
        message.message_id,
        message.type,
        message.correlation_id,
        *message.headers,
    )
    return all(len(name.encode()) <= SHORT_STRING_BYTES for name in names)
