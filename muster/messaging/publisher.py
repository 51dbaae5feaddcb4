"""Publishing to RabbitMQ: persistent, mandatory, confirmed; waiting once for many messages."""

import logging
import time
from collections.abc import Callable, Sequence

from muster.messaging.blueprint import Exchange
from muster.messaging.confirm_channel import ConfirmChannel
from muster.messaging.confirms import Confirms
from muster.messaging.connection import OPENING_SECONDS, described, nodes_of, places
from muster.messaging.declare import TopologyMismatch, declare_exchanges
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.ports import OutboundMessage, Outcome

RENEWAL_PAUSE_SECONDS = 1.0  # a broker that keeps refusing is not asked for channels all the time
DECLARE_PAUSE_SECONDS = 1.0  # where a message finds no queue although everything was declared

log = logging.getLogger("muster.messaging")


class RabbitPublisher:
    """A `Publisher` with a connection of its own; for one thread.

    It connects when first needed and again after a loss, and then declares `exchanges`, its own
    service's: a broker that was wiped does not have them any more. What finds no queue is RETURNED,
    and `on_return` is called. A broker that has blocked the connection (memory or disk alarm) costs
    `confirm_timeout_s` and leaves the outcome UNKNOWN.

    What is REFUSED ends the connection, too: a channel on a node of a cluster may go on refusing
    for a queue whose leader has died, for as long as the channel lives (RabbitMQ 3.10); the next
    finds the leader that was elected.
    """

    def __init__(
        self,
        amqp_url: str,
        confirm_timeout_s: float = 10,
        exchanges: Sequence[Exchange] = (),
        on_return: Callable[[], None] = lambda: None,
    ) -> None:
        self._amqp_url = amqp_url
        self._exchanges = exchanges
        self._on_return = on_return
        self._declared = False
        self._declared_at = float("-inf")
        self._nodes = nodes_of(amqp_url, "publisher")
        self._confirm_timeout_s = confirm_timeout_s
        self._channel: ConfirmChannel | None = None
        self._renewed_at = float("-inf")

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        """Publish all in order and return one outcome for each, in order."""
        confirms = Confirms(messages)
        if not any(True for _ in confirms.to_send()):
            return confirms.outcomes
        channel = self._open_channel()
        deadline = time.monotonic() + self._confirm_timeout_s
        while not self._sent_and_settled(channel, confirms, deadline):
            self.close()
            if not confirms.exchange_missing(channel.refusal):
                break
            # Whatever followed the message without an exchange was thrown away with it.
            try:
                channel = self._open_channel()
            except BrokerUnavailable:
                break
        if Outcome.RETURNED in confirms.outcomes:
            self._declared = False
            self._on_return()
        if Outcome.REFUSED in confirms.outcomes:
            self._renew()
        return confirms.outcomes

    def reach(self) -> None:
        """Connect if there is no connection; raise BrokerUnavailable if there is none to be had."""
        self._open_channel()

    def rest(self, seconds: float) -> None:
        """Stay idle for so long while keeping the connection alive."""
        if self._channel is None:
            time.sleep(seconds)
            return
        deadline = time.monotonic() + seconds
        self._channel.pump(lambda: False, seconds)
        if self._channel.failure is not None:
            self._discard_broken()
            time.sleep(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Close the connection; idempotent, and the next publish opens another."""
        if self._channel is not None:
            channel, self._channel = self._channel, None
            channel.close()

    def _sent_and_settled(
        self, channel: ConfirmChannel, confirms: Confirms, deadline: float
    ) -> bool:
        channel.send(confirms)
        channel.pump(lambda: confirms.settled, max(0.0, deadline - time.monotonic()))
        if channel.failure is None and confirms.settled:
            return True
        reason = described(channel.failure) if channel.failure else "no confirm in time"
        log.warning("a publish was cut short", extra={"reason": reason})
        return False

    def _renew(self) -> None:
        """Let the next publish open another connection, unless this one is quite new."""
        if time.monotonic() - self._renewed_at >= RENEWAL_PAUSE_SECONDS:
            self._renewed_at = time.monotonic()
            self.close()

    def _open_channel(self) -> ConfirmChannel:
        if self._channel is not None:
            # A loss while idle shows only when the socket is looked at.
            self._channel.look()
            if self._channel.failure is None:
                if not self._declared and self._declared_a_while_ago():
                    self._declare()
                return self._channel
            self._discard_broken()
        self._declare()
        return self._opened()

    def _declare(self) -> None:
        if self._exchanges:
            self._declared_at = time.monotonic()
            try:
                declare_exchanges(self._amqp_url, self._exchanges)
            except TopologyMismatch as error:  # to be mended while this waits, as a broker is
                raise BrokerUnavailable(str(error)) from error
        self._declared = True

    def _declared_a_while_ago(self) -> bool:
        return time.monotonic() - self._declared_at >= DECLARE_PAUSE_SECONDS

    def _opened(self) -> ConfirmChannel:
        reason = ""
        for node in self._nodes:
            channel = self._channel = ConfirmChannel(node)
            channel.open(OPENING_SECONDS)
            if channel.failure is None and channel.ready:
                return channel
            reason = described(channel.failure) if channel.failure else "no answer in time"
            self.close()
        where = places(self._nodes)
        raise BrokerUnavailable(f"RabbitMQ at {where} cannot be published to: {reason}")

    def _discard_broken(self) -> None:
        assert self._channel is not None
        log.warning(
            "the publishing connection was lost",
            extra={"reason": described(self._channel.failure or BrokerUnavailable("unknown"))},
        )
        self.close()
