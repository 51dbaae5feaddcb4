"""Putting a topology into a real broker. Declaring again is free as long as nothing differs."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pika import BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from muster.contracts.vocabulary.errors import PermanentError
from muster.messaging.blueprint import Exchange, Queue, exchanges, exchanges_of, queues
from muster.messaging.connection import broker_failures, open_connection
from muster.messaging.topology import Topology

_NOT_FOUND = 404
_PRECONDITION_FAILED = 406


class TopologyMismatch(PermanentError):
    """The broker already has something of this name that is not the same, or forbids declaring."""


def declare(amqp_url: str, topology: Topology, service: str | None = None) -> None:
    """Declare everything, or all that is a service's own and what others have declared it hears.

    Idempotent. It asks nobody for what a queue that was not there has missed: that takes a store,
    and is what `Restorer` does. Raises TopologyMismatch, naming the thing and the way out, and
    BrokerUnavailable.
    """
    with _broker_at(amqp_url) as broker:
        wanted = exchanges(topology) if service is None else exchanges_of(service)
        for exchange in wanted:
            broker.make_exchange(exchange)
        for queue in queues(topology):
            if service is None or queue.name.startswith(f"{service}."):
                broker.make_queue(queue)
                for exchange_name, routing_key in queue.bindings:
                    if broker.has_exchange(exchange_name):
                        broker.bind(queue.name, exchange_name, routing_key)


def declare_exchanges(amqp_url: str, wanted: Iterable[Exchange]) -> None:
    """Declare exchanges alone; idempotent. Raises as `declare` does."""
    with _broker_at(amqp_url) as broker:
        for exchange in wanted:
            broker.make_exchange(exchange)


class RabbitBroker:
    """A `restoring.Broker` over a connection that is open."""

    def __init__(self, connection: BlockingConnection) -> None:
        self._connection = connection
        self._channel: BlockingChannel | None = None

    def has_exchange(self, name: str) -> bool:
        """Tell whether there is such an exchange."""
        return self._is_there(lambda channel: channel.exchange_declare(name, passive=True))

    def has_queue(self, name: str) -> bool:
        """Tell whether there is such a queue."""
        return self._is_there(lambda channel: channel.queue_declare(name, passive=True))

    def messages_in(self, queue: str) -> int:
        """Return how many messages wait in a queue; 0 if there is none of this name."""
        found = 0

        def look(channel: BlockingChannel) -> None:
            nonlocal found
            found = channel.queue_declare(queue, passive=True).method.message_count

        self._is_there(look)
        return found

    def make_exchange(self, exchange: Exchange) -> None:
        """Make the exchange, unless it is there."""
        with _refusals("exchange", exchange.name):
            self._open().exchange_declare(exchange.name, exchange_type=exchange.kind, durable=True)

    def make_queue(self, queue: Queue) -> None:
        """Make the queue, unless it is there; bind it to nothing."""
        with _refusals("queue", queue.name):
            self._open().queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))

    def bind(self, queue: str, exchange: str, routing_key: str) -> None:
        """Bind the queue, unless it is bound."""
        with _refusals("queue", queue):
            self._open().queue_bind(queue, exchange, routing_key)

    def close(self) -> None:
        """Close the channel; the connection is somebody else's."""
        if self._channel is not None and self._channel.is_open:
            self._channel.close()

    def _is_there(self, look: Callable[[BlockingChannel], object]) -> bool:
        try:
            look(self._open())
        except ChannelClosedByBroker as error:
            if error.reply_code == _NOT_FOUND:
                return False
            raise
        return True

    def _open(self) -> BlockingChannel:
        """Return the channel, or another: to ask for what is not there closes it."""
        if self._channel is None or not self._channel.is_open:
            self._channel = self._connection.channel()
        return self._channel


@contextmanager
def _broker_at(amqp_url: str) -> Iterator[RabbitBroker]:
    connection = open_connection(amqp_url, "topology")
    try:
        with broker_failures("The topology was not declared to the end; declare it again"):
            yield RabbitBroker(connection)
    finally:
        if connection.is_open:
            connection.close()


@contextmanager
def _refusals(kind: str, name: str) -> Iterator[None]:
    try:
        yield
    except ChannelClosedByBroker as error:
        if error.reply_code == _NOT_FOUND:
            raise  # deleted a moment ago: it is made when this is done again
        if error.reply_code == _PRECONDITION_FAILED:
            advice = (
                f"It exists with other settings, and those cannot be changed: stop what publishes "
                f"to it, let the {kind} run empty, delete it (rabbitmqctl delete_queue, or the "
                f"management page), and start again."
            )
        else:
            advice = "Give this user the rights that `muster broker-users` tells of."
        raise TopologyMismatch(
            f"The broker refuses the {kind} {name!r}: {error.reply_text}. {advice}"
        ) from error
