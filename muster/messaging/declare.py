"""Putting a topology into a real broker. Declaring again is free as long as nothing differs."""

from collections.abc import Iterator
from contextlib import contextmanager

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from muster.contracts.vocabulary.errors import PermanentError
from muster.messaging.blueprint import exchanges, queues
from muster.messaging.connection import broker_failures, open_connection
from muster.messaging.topology import Topology

_PRECONDITION_FAILED = 406


class TopologyMismatch(PermanentError):
    """The broker already has something of this name that is not the same, or forbids declaring."""


def declare(amqp_url: str, topology: Topology) -> None:
    """Declare every exchange, queue and binding; idempotent.

    Raises TopologyMismatch, naming the thing and the way out, and BrokerUnavailable.
    """
    connection = open_connection(amqp_url, "topology")
    try:
        with broker_failures("The topology was not declared to the end; declare it again"):
            declare_on(connection.channel(), topology)
    finally:
        if connection.is_open:
            connection.close()


def declare_on(channel: BlockingChannel, topology: Topology) -> None:
    """Declare over a channel that is open; it is of no further use if this raises."""
    for exchange in exchanges(topology):
        with _refusals("exchange", exchange.name):
            channel.exchange_declare(exchange.name, exchange_type=exchange.kind, durable=True)
    for queue in queues(topology):
        with _refusals("queue", queue.name):
            channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
            for exchange_name, routing_key in queue.bindings:
                channel.queue_bind(queue.name, exchange_name, routing_key)


@contextmanager
def _refusals(kind: str, name: str) -> Iterator[None]:
    try:
        yield
    except ChannelClosedByBroker as error:
        if error.reply_code == _PRECONDITION_FAILED:
            advice = (
                f"It exists with other settings, and those cannot be changed: stop what publishes "
                f"to it, let the {kind} run empty, delete it (rabbitmqctl delete_queue, or the "
                f"management page), and start again."
            )
        else:
            advice = "Give this user configure, write and read rights in the vhost, or declare it"
            advice += " beforehand as an administrator."
        raise TopologyMismatch(
            f"The broker refuses the {kind} {name!r}: {error.reply_text}. {advice}"
        ) from error
