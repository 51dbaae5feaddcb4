"""Taking deliveries from one queue of RabbitMQ, and settling them."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker
from pika.frame import Method

from muster.messaging.connection import BROKER_FAILURES, broker_failures
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.headers import attempt_in, own_headers
from muster.messaging.ports import Delivery
from muster.messaging.unsettled import Unsettled
from muster.messaging.wholesale_deliveries import Arrival, Taker

_NOT_FOUND = 404


class Channels(Protocol):
    """What a subscriber needs of the connection it lives on."""

    def channel(self) -> BlockingChannel:
        """Return a new channel, opening the connection if there is none."""
        ...

    def hand_over(self, channel: BlockingChannel, taker: Taker) -> None:
        """Let the channel's deliveries go to the taker while `pump` runs."""
        ...

    def take_back(self, channel: BlockingChannel, taker: Taker) -> None:
        """Hand nothing over any more."""
        ...

    def pump(self) -> None:
        """Take in what has arrived, without waiting."""
        ...

    def queue_missing(self) -> None:
        """Note that a queue is not there."""
        ...


class RabbitSubscriber:
    """A `Subscriber` with a channel of its own on a shared connection; for one thread."""

    def __init__(self, connection: Channels, queue: str, prefetch: int) -> None:
        self.queue = queue
        self._connection = connection
        self._prefetch = prefetch
        self._channel: BlockingChannel | None = None
        self._arrived: deque[Delivery] = deque()
        self._unsettled = Unsettled()
        self._cancelled = False
        self._closed = False

    def poll(self, limit: int) -> list[Delivery]:
        """Return up to `limit` deliveries that have arrived; never block but to reconnect."""
        if self._closed:
            raise RuntimeError(f"the subscriber of {self.queue} was closed; make another")
        if self._channel is None or not self._channel.is_open:
            self._consume()
        self._connection.pump()
        if self._cancelled:
            self._lost_queue("was deleted")
        return [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Settle these for good. Tags of a connection that is gone are ignored."""
        channel = self._channel
        if channel is None:
            return
        try:
            for tag, multiple in self._unsettled.acks([d.tag for d in deliveries]):
                channel.basic_ack(tag, multiple)
        except BROKER_FAILURES:
            self._forget_channel()  # the broker delivers again what it did not hear of

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give these back to the queue, to be delivered again."""
        channel = self._channel
        if channel is None:
            return
        try:
            for tag in self._unsettled.releases([d.tag for d in deliveries]):
                # Not basic_nack: from RabbitMQ 4.3 only a reject counts towards the delivery limit.
                channel.basic_reject(tag, requeue=True)
        except BROKER_FAILURES:
            self._forget_channel()  # which gives back everything

    def close(self) -> None:
        """Stop taking deliveries; what is unsettled goes back to the queue. Idempotent."""
        self._closed = True
        channel = self._channel
        self._forget_channel()
        if channel is not None and channel.is_open:
            try:
                channel.close()
            except BROKER_FAILURES:
                return  # gone either way

    def _consume(self) -> None:
        self._forget_channel()
        channel = self._connection.channel()
        self._connection.hand_over(channel, self._arrive)
        try:
            with broker_failures(f"RabbitMQ delivers nothing from {self.queue}"):
                channel.basic_qos(prefetch_count=self._prefetch)
                channel.add_on_cancel_callback(self._on_cancel)
                channel.basic_consume(self.queue, _too_late)
        except BrokerUnavailable as error:
            self._connection.take_back(channel, self._arrive)
            cause = error.__cause__
            if isinstance(cause, ChannelClosedByBroker) and cause.reply_code == _NOT_FOUND:
                self._lost_queue("does not exist")
            raise
        self._channel = channel

    def _lost_queue(self, what: str) -> None:
        channel = self._channel
        self._forget_channel()
        self._connection.queue_missing()
        if channel is not None and channel.is_open:
            with suppress(*BROKER_FAILURES):  # gone either way
                channel.close()
        raise BrokerUnavailable(
            f"The queue {self.queue!r} {what}. Its service's worker makes it again when it polls "
            f"next."
        )

    def _forget_channel(self) -> None:
        if self._channel is not None:
            self._connection.take_back(self._channel, self._arrive)
        self._channel = None
        self._cancelled = False
        self._arrived.clear()
        self._unsettled.start_over()

    def _on_cancel(self, _frame: Method) -> None:
        self._cancelled = True

    def _arrive(self, arrival: Arrival) -> None:
        headers = own_headers(arrival.headers)
        self._arrived.append(
            Delivery(
                queue=self.queue,
                tag=self._unsettled.add(arrival.delivery_tag),
                message_id=arrival.message_id,
                body=arrival.body,
                attempt=attempt_in(headers),
                redelivered=arrival.redelivered,
                headers=headers,
                type=arrival.type,
                correlation_id=arrival.correlation_id,
            )
        )


def _too_late(*_delivery: object) -> None:
    """Leave a delivery that came after the channel was given up to the broker, which keeps it."""
