"""The connection a worker takes its deliveries from, shared by all its subscriptions."""

import logging
import time
from collections.abc import Callable, Sequence

from pika.adapters.blocking_connection import BlockingChannel

from muster.contracts.vocabulary.errors import TransientError
from muster.messaging.connection import BROKER_FAILURES, broker_failures, nodes_of, places
from muster.messaging.dead_letter_watch import DeadLetterWatch
from muster.messaging.declare import RabbitBroker, TopologyMismatch
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.restoring import Restorer
from muster.messaging.subscriber import RabbitSubscriber
from muster.messaging.wholesale_deliveries import DeliveringConnection, Taker

log = logging.getLogger("muster.messaging")

PAUSE_SECONDS = 1.0  # between attempts to connect; many subscriptions ask, one attempt is enough
# Between looks at whether everything is there: nobody tells of a lost retry or dead-letter queue,
# or of an exchange that was deleted and lost its bindings.
LOOK_SECONDS = 30.0


class RabbitConnection:
    """One connection with a channel for each subscriber it makes; for one thread.

    It opens when first needed and again after a loss. What its services have at the broker is put
    in order whenever it opens, when a queue turns out to be missing, and now and then: so a broker
    that was wiped is as it should be with the next poll.
    """

    def __init__(
        self,
        amqp_url: str,
        restorers: Sequence[Restorer] = (),
        monotonic: Callable[[], float] = time.monotonic,
        watches: Sequence[DeadLetterWatch] = (),
    ) -> None:
        self._amqp_url = amqp_url
        self._restorers = restorers
        self._watches = watches
        self._monotonic = monotonic
        self._connection: DeliveringConnection | None = None
        self._look_again_at = float("-inf")
        self._failed_at = float("-inf")
        self._refused: str | None = None  # why what is there cannot be worked with

    def subscriber(self, queue: str, prefetch: int) -> RabbitSubscriber:
        """Return a subscriber that holds at most `prefetch` unsettled; it connects when polled."""
        return RabbitSubscriber(self, queue, prefetch)

    def channel(self) -> BlockingChannel:
        """Return a new channel, opening the connection if there is none."""
        connection = self._connection
        if connection is None or not connection.is_open:
            connection = self._connection = self._reopened()
        with broker_failures("RabbitMQ opened no channel"):
            self._keep_in_order(connection)
            return connection.channel()

    def hand_over(self, channel: BlockingChannel, taker: Taker) -> None:
        """Let the channel's deliveries go to the taker while `pump` runs."""
        if self._connection is not None:
            self._connection.hand_over(channel.channel_number, taker)

    def take_back(self, channel: BlockingChannel, taker: Taker) -> None:
        """Hand nothing over any more."""
        if self._connection is not None:
            self._connection.take_back(channel.channel_number, taker)

    def pump(self) -> None:
        """Take in what has arrived, send heartbeats; never wait. Raises BrokerUnavailable."""
        if self._connection is None:
            return
        with broker_failures("The connection to RabbitMQ was lost and will be opened again"):
            self._connection.process_data_events(time_limit=0)
            self._keep_in_order(self._connection)

    def queue_missing(self) -> None:
        """Note that a queue is not there, so that the next poll puts everything in order."""
        self._look_again_at = float("-inf")

    def close(self) -> None:
        """Close the connection; idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.is_open:
            try:
                connection.close()
            except BROKER_FAILURES as error:
                log.info("the connection broke while closing", extra={"reason": repr(error)})

    def _keep_in_order(self, connection: DeliveringConnection) -> None:
        now = self._monotonic()
        if now < self._look_again_at:
            if self._refused is not None:
                raise BrokerUnavailable(self._refused)
            return
        # Before the attempt: one that fails is not to be made again with every poll.
        self._look_again_at = now + PAUSE_SECONDS
        broker = RabbitBroker(connection)
        try:
            whole = [self._put_in_order(restorer, broker) for restorer in self._restorers]
        except TopologyMismatch as error:
            # Whoever mends it should not have to start this process again.
            self._refused = str(error)
            raise BrokerUnavailable(self._refused) from error
        self._refused = None
        broker.close()
        for watch in self._watches:
            watch.look(connection)
        if all(whole):
            self._look_again_at = now + LOOK_SECONDS

    def _put_in_order(self, restorer: Restorer, broker: RabbitBroker) -> bool:
        """Let a service whose store is away wait, and no other with it."""
        try:
            return restorer.put_in_order(broker)
        except TransientError as error:
            log.warning(
                "queues are not in order and will be looked at again",
                extra={"service": restorer.service, "reason": str(error)},
            )
            return False

    def _reopened(self) -> DeliveringConnection:
        if self._monotonic() - self._failed_at < PAUSE_SECONDS:
            raise BrokerUnavailable("RabbitMQ could not be reached a moment ago; trying again soon")
        self.close()
        self._look_again_at = float("-inf")
        try:
            nodes = nodes_of(self._amqp_url, "subscriber")
            with broker_failures(f"RabbitMQ at {places(nodes)} cannot be reached"):
                return DeliveringConnection(nodes)
        except BrokerUnavailable:
            self._failed_at = self._monotonic()
            raise
