"""One connection with one channel in confirm mode, used until it breaks and then thrown away.

pika's SelectConnection calls back; the loop that calls runs only inside `pump`, in the thread of
whoever pumps. So there is one thread, and no confirm is waited for one by one.
"""

import time
from collections.abc import Callable

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.frame import Method
from pika.spec import Basic, BasicProperties

from muster.messaging.confirms import Confirms
from muster.messaging.ports import Outcome
from muster.messaging.wholesale import WholesaleConnection

CLOSING_SECONDS = 1.0


class ConfirmChannel:
    """`failure` is None while it is usable or still opening; afterwards it says what happened."""

    def __init__(self, parameters: pika.ConnectionParameters) -> None:
        self.failure: Exception | None = None
        self.refusal = ""  # what the broker said when it closed the channel because of a message
        self.ready = False
        self._confirms = Confirms(())
        self._tag = 0
        self._channel: Channel | None = None
        self._ioloop = IOLoop()
        self._ioloop.activate_poller()
        self._connection = WholesaleConnection(
            parameters,
            on_open_callback=self._connected,
            on_open_error_callback=self._lost,
            on_close_callback=self._lost,
            custom_ioloop=self._ioloop,
        )

    def open(self, seconds: float) -> None:
        """Wait until it is ready or has failed, at most for so long."""
        self.pump(lambda: self.ready, seconds)

    def send(self, confirms: Confirms) -> None:
        """Hand everything that has no outcome yet to pika; it leaves while `pump` runs."""
        self._confirms = confirms
        with self._connection.together():
            self._send(confirms)

    def _send(self, confirms: Confirms) -> None:
        for position, message in confirms.to_send():
            if self._channel is None or not self._channel.is_open:
                self.failure = self.failure or AMQPError("the channel is not open")
                return
            self._connection.publish(self._channel.channel_number, message)
            self._tag += 1
            confirms.sent(self._tag, position)

    def look(self) -> None:
        """Take in what has arrived, a loss above all, without waiting."""
        self._turn(0)

    def pump(self, until: Callable[[], bool], seconds: float) -> None:
        """Let the connection live until the condition holds, it fails, or the time is out."""
        deadline = time.monotonic() + seconds
        while not until() and self.failure is None:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._turn(left)

    def close(self) -> None:
        """Say goodbye; hang up if the broker does not answer in time."""
        connection = self._connection
        if not (connection.is_closing or connection.is_closed):
            connection.close()
        self._until_closed()
        if not connection.is_closed:
            # Nothing public hangs up without the broker's consent, and a blocked broker reads
            # nothing; an abandoned socket would leak.
            connection._terminate_stream(AMQPError("hung up"))  # noqa: SLF001
            self._until_closed()
        self.failure = self.failure or AMQPError("closed")
        self._ioloop.close()

    def _until_closed(self) -> None:
        deadline = time.monotonic() + CLOSING_SECONDS
        while not self._connection.is_closed and time.monotonic() < deadline:
            self._turn(CLOSING_SECONDS)

    def _turn(self, at_most_seconds: float) -> None:
        alarm = self._ioloop.call_later(at_most_seconds, _wake_up)
        self._ioloop.poll()
        self._ioloop.process_timeouts()
        self._ioloop.remove_timeout(alarm)

    def _connected(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirmed, callback=self._confirming)
        self._channel = channel

    def _confirming(self, _frame: Method) -> None:
        self.ready = True

    def _channel_closed(self, _channel: Channel, reason: Exception) -> None:
        if isinstance(reason, ChannelClosedByBroker):
            self.refusal = reason.reply_text
        self.failure = self.failure or reason

    def _lost(self, _connection: pika.SelectConnection, reason: Exception) -> None:
        self.failure = self.failure or reason

    def _returned(
        self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes
    ) -> None:
        message_id = properties.message_id or ""
        self._confirms.returned(message_id, method.exchange, method.routing_key)

    def _confirmed(self, frame: Method) -> None:
        positive = isinstance(frame.method, Basic.Ack)
        outcome = Outcome.CONFIRMED if positive else Outcome.REFUSED
        self._confirms.confirmed(frame.method.delivery_tag, frame.method.multiple, outcome)


def _wake_up() -> None:
    """Do nothing; being due ends the loop's wait."""
