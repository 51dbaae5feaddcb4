"""Asking RabbitMQ what is there and what a user may do, without changing anything.

Whatever has no question of its own in AMQP is asked by an attempt that cannot succeed: RabbitMQ
looks at the rights first and at the mistake in it afterwards, so which of the two refusals comes
tells whether the right is there. No such attempt makes, empties, binds or sends anything.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum

import pika
from pika import BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPConnectionError,
    AuthenticationError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from muster.messaging.blueprint import Exchange, Queue
from muster.messaging.connection import BROKER_FAILURES, broker_failures, open_connection
from muster.messaging.errors import BrokerUnavailable

_REFUSED, _NOT_FOUND, _PRECONDITION_FAILED = 403, 404, 406

# RabbitMQ compares a queue's arguments in an order of its own, in which this one comes last: what
# it says of another argument is said first.
_IMPOSSIBLE_ARGUMENT = "x-queue-leader-locator"
_IMPOSSIBLE = "impossible"
_NO_SUCH_QUEUE = ".of-a-question"  # behind a service's name; nothing is called so


class NotLetIn(BrokerUnavailable):
    """RabbitMQ answers, but not to this user: the password, or the virtual host."""


class May(Enum):
    """Whether somebody may do something."""

    YES = "yes"
    NO = "no"
    MISSING = "missing"  # what it was to be done to is not there
    OTHERWISE = "otherwise"  # yes, but what is there is not as it should be


@dataclass(frozen=True)
class Answer:
    """What RabbitMQ said."""

    may: May
    words: str = ""


@dataclass(frozen=True)
class Depth:
    """What lies in a queue and waits, and how many take from it."""

    messages: int
    consumers: int


class Questions:
    """Questions that one user asks over one connection."""

    def __init__(self, connection: BlockingConnection) -> None:
        self._connection = connection
        self._channel: BlockingChannel | None = None

    def depth(self, queue: str) -> Depth | None:
        """Return how full a queue is, or None if it is not there. Takes no right at all."""
        try:
            with broker_failures(f"RabbitMQ was lost while it was asked for {queue}"):
                method = self._open().queue_declare(queue, passive=True).method
        except BrokerUnavailable as error:
            if _code(error) == _NOT_FOUND:
                return None
            raise
        return Depth(method.message_count, method.consumer_count)

    def has_exchange(self, name: str) -> bool:
        """Tell whether there is such an exchange. Takes no right at all."""
        answer = self._attempt(lambda channel: channel.exchange_declare(name, passive=True))
        return answer.may is not May.MISSING

    def declare_queue(self, queue: Queue) -> Answer:
        """Tell whether this user may make the queue, and whether it is as it should be."""
        wrong = dict(queue.arguments) | {_IMPOSSIBLE_ARGUMENT: _IMPOSSIBLE}
        return self._attempt(
            lambda channel: channel.queue_declare(queue.name, durable=True, arguments=wrong),
            _IMPOSSIBLE_ARGUMENT,
        )

    def declare_exchange(self, exchange: Exchange) -> Answer:
        """Tell whether this user may make the exchange, and whether it is as it should be."""
        wrong = {"alternate-exchange": 0}  # it has to be a name
        return self._attempt(
            lambda channel: channel.exchange_declare(
                exchange.name, exchange.kind, durable=True, arguments=wrong
            ),
            "alternate-exchange",
        )

    def read(self, queue: str) -> Answer:
        """Tell whether this user may take messages from a queue."""
        wrong = {"x-priority": _IMPOSSIBLE}  # it has to be a number
        return self._attempt(
            lambda channel: channel.basic_consume(queue, lambda *_: None, arguments=wrong),
            "x-priority",
        )

    def publish(self, exchange: str, routing_key: str) -> Answer:
        """Tell whether this user may publish this to an exchange."""
        wrong = pika.BasicProperties(expiration=_IMPOSSIBLE)  # it has to be a number

        def attempt(channel: BlockingChannel) -> None:
            channel.confirm_delivery()
            channel.basic_publish(exchange, routing_key, b"", wrong)

        return self._attempt(attempt, "expiration")

    def hear(self, service: str, exchange: str, routing_key: str) -> Answer:
        """Tell whether this user may bind a service's queues to an event."""
        answer = self._attempt(
            lambda channel: channel.queue_bind(service + _NO_SUCH_QUEUE, exchange, routing_key)
        )
        if answer.may is May.MISSING and service + _NO_SUCH_QUEUE in answer.words:
            return Answer(May.YES)
        return answer

    def _attempt(
        self, what: Callable[[BlockingChannel], object], mistake: str | None = None
    ) -> Answer:
        try:
            with broker_failures("RabbitMQ was lost while it was asked"):
                what(self._open())
        except BrokerUnavailable as error:
            return _answer(error, mistake)
        return Answer(May.YES)

    def _open(self) -> BlockingChannel:
        """Return the channel, or another: a refusal ends it."""
        if self._channel is None or not self._channel.is_open:
            self._channel = self._connection.channel()
        return self._channel


@contextmanager
def questions(amqp_url: str) -> Iterator[Questions]:
    """Connect to ask; raise NotLetIn, or BrokerUnavailable if RabbitMQ cannot be reached."""
    try:
        connection = open_connection(amqp_url, "questions")
    except BrokerUnavailable as error:
        if _refused_at_the_door(error.__cause__):
            raise NotLetIn(str(error)) from error
        raise
    try:
        yield Questions(connection)
    finally:
        with suppress(*BROKER_FAILURES):
            connection.close()


def _refused_at_the_door(error: BaseException | None) -> bool:
    if isinstance(error, AuthenticationError | ProbableAuthenticationError):
        return True
    if isinstance(error, ProbableAccessDeniedError | ConnectionClosedByBroker):
        return True
    if isinstance(error, AMQPConnectionError):
        return any(_refused_at_the_door(e) for e in error.args if isinstance(e, BaseException))
    return False


def _answer(error: BrokerUnavailable, mistake: str | None) -> Answer:
    cause = error.__cause__
    words = str(cause.reply_text) if isinstance(cause, ChannelClosedByBroker) else str(error)
    code = _code(error)
    if code == _REFUSED:
        return Answer(May.NO, words)
    if code == _NOT_FOUND:
        return Answer(May.MISSING, words)
    if code == _PRECONDITION_FAILED:
        foreseen = mistake is not None and mistake in words
        return Answer(May.YES) if foreseen else Answer(May.OTHERWISE, words)
    raise error


def _code(error: BrokerUnavailable) -> int:
    cause = error.__cause__
    return cause.reply_code if isinstance(cause, ChannelClosedByBroker) else 0
