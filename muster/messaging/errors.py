"""What can go wrong with the broker."""

from muster.contracts.vocabulary.errors import TransientError


class BrokerUnavailable(TransientError):
    """RabbitMQ cannot be reached or refuses; what was to be sent stays in the outbox."""
