"""The dead letters in RabbitMQ: to look at, to put back, to take out.

A letter is held, not taken: RabbitMQ puts it back into the queue when it is let go of, and also
when the connection ends, however it ends. So nothing that happens to whoever looks can lose one.
Only `remove` takes letters out. Looking changes their order (what was given back is handed out
first, and what is held goes behind it), so whoever wants the oldest has to look at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from pika import BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from muster.contracts.vocabulary.errors import PermanentError
from muster.messaging.connection import BROKER_FAILURES, broker_failures, open_connection
from muster.messaging.letters import DeadLetter, letter_in, replay_message
from muster.messaging.ports import Outcome, Publisher
from muster.messaging.topology import Subscription

_REFUSED, _NOT_FOUND = 403, 404
_ALL_SO_FAR = 0  # with `multiple`: every delivery of the channel that is unsettled


class QueueMissing(PermanentError):
    """There is no such dead-letter queue in the broker."""


class QueueForbidden(PermanentError):
    """The user of this connection may not read the dead-letter queue."""


class HeldLetters:
    """The letters of one subscription that are held through one channel."""

    def __init__(self, channel: BlockingChannel, subscription: Subscription) -> None:
        self._channel = channel
        self._subscription = subscription
        self._left: int | None = None  # not handed out yet, of those that lay there at first

    def take(self, at_most: int) -> list[DeadLetter]:
        """Hold and return the next letters.

        Ends with those that lay there when the first was held: one that dies again meanwhile is
        not met a second time. Raises QueueMissing, QueueForbidden and BrokerUnavailable.
        """
        letters: list[DeadLetter] = []
        while len(letters) < at_most and self._left != 0:
            letter = self._next()
            if letter is None:
                self._left = 0
            else:
                letters.append(letter)
        return letters

    @property
    def more(self) -> int:
        """Return how many letters lie there that were not taken; known once one was asked for."""
        return self._left or 0

    def remove(self, letters: Sequence[DeadLetter]) -> None:
        """Take letters out of the queue for good.

        Raises BrokerUnavailable if RabbitMQ may not have heard: then they lie there again.
        """
        with broker_failures("RabbitMQ was lost; what was being removed may lie there again"):
            for letter in letters:
                self._channel.basic_ack(letter.tag)
            # An ack has no answer; one to a later question says that it has arrived.
            self._channel.basic_qos(prefetch_count=0)

    def _next(self) -> DeadLetter | None:
        queue = self._subscription.dead_letter_queue
        with _refusals(queue), broker_failures(f"RabbitMQ was lost while reading {queue}"):
            method, properties, body = self._channel.basic_get(queue)
        if method is None:
            return None
        self._left = method.message_count if self._left is None else self._left - 1
        return letter_in(
            self._subscription,
            method.delivery_tag,
            body,
            properties.headers,
            message_id=properties.message_id or "",
            type_=properties.type or "",
            correlation_id=properties.correlation_id or "",
        )


class DeadLetters:
    """The dead letters one user of the broker may see, over a connection of their own."""

    def __init__(self, connection: BlockingConnection) -> None:
        self._connection = connection

    @contextmanager
    def of(self, subscription: Subscription) -> Iterator[HeldLetters]:
        """Hold letters of a subscription; whatever was not removed is back after."""
        with broker_failures("RabbitMQ opened no channel"):
            channel = self._connection.channel()
        try:
            yield HeldLetters(channel, subscription)
        finally:
            _let_go(channel)


@contextmanager
def dead_letters(amqp_url: str) -> Iterator[DeadLetters]:
    """Connect to the broker; raise BrokerUnavailable if it cannot be reached."""
    connection = open_connection(amqp_url, "dead letters")
    try:
        yield DeadLetters(connection)
    finally:
        with suppress(*BROKER_FAILURES):  # gone, and so all letters are back
            connection.close()


def put_back(
    letters: Sequence[DeadLetter], held: HeldLetters, publisher: Publisher
) -> list[Outcome]:
    """Put letters back into their work queue, and return what became of each.

    Only what the broker has confirmed is removed from the dead letters. A crash in between leaves
    the message in both; the inbox lets only one of them take effect.
    """
    outcomes = publisher.publish([replay_message(letter) for letter in letters])
    pairs = zip(letters, outcomes, strict=True)
    held.remove([letter for letter, outcome in pairs if outcome is Outcome.CONFIRMED])
    return outcomes


@contextmanager
def _refusals(queue: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        cause = error.__cause__
        code = cause.reply_code if isinstance(cause, ChannelClosedByBroker) else 0
        if code == _NOT_FOUND:
            raise QueueMissing(f"RabbitMQ has no queue {queue!r}.") from error
        if code == _REFUSED:
            raise QueueForbidden(f"This RabbitMQ user may not read {queue!r}.") from error
        raise


def _let_go(channel: BlockingChannel) -> None:
    if not channel.is_open:
        return
    with suppress(*BROKER_FAILURES):  # the end of the channel gives all of them back, too
        # nack and not reject: from RabbitMQ 4.3 it does not count towards the delivery limit.
        channel.basic_nack(_ALL_SO_FAR, multiple=True, requeue=True)
        channel.close()
