"""The connection a worker takes its deliveries from, shared by all its subscriptions."""

import logging
import time
from collections.abc import Callable

from pika import BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel

from muster.messaging.connection import BROKER_FAILURES, broker_failures, open_connection
from muster.messaging.declare import declare_on
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.subscriber import RabbitSubscriber
from muster.messaging.topology import Topology

log = logging.getLogger("muster.messaging")

PAUSE_SECONDS = 1.0  # between attempts to connect; many subscriptions ask, one attempt is enough


class RabbitConnection:
    """One connection with a channel for each subscriber it makes; for one thread.

    It opens when first needed and again after a loss. With a topology it declares everything
    whenever it opens, and when a queue turns out to be missing: so a broker that was wiped is put
    in order by the next poll.
    """

    def __init__(
        self,
        amqp_url: str,
        topology: Topology | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._amqp_url = amqp_url
        self._topology = topology
        self._monotonic = monotonic
        self._connection: BlockingConnection | None = None
        self._declared = False
        self._failed_at = float("-inf")

    def subscriber(self, queue: str, prefetch: int) -> RabbitSubscriber:
        """Return a subscriber that holds at most `prefetch` unsettled; it connects when polled."""
        return RabbitSubscriber(self, queue, prefetch)

    def channel(self) -> BlockingChannel:
        """Return a new channel, opening the connection if there is none."""
        connection = self._connection
        if connection is None or not connection.is_open:
            connection = self._connection = self._reopened()
        with broker_failures("RabbitMQ opened no channel"):
            if self._topology is not None and not self._declared:
                with connection.channel() as channel:
                    declare_on(channel, self._topology)
                self._declared = True
            return connection.channel()

    def pump(self) -> None:
        """Take in what has arrived, send heartbeats; never wait. Raises BrokerUnavailable."""
        if self._connection is None:
            return
        with broker_failures("The connection to RabbitMQ was lost and will be opened again"):
            self._connection.process_data_events(time_limit=0)

    def queue_missing(self) -> None:
        """Note that a queue is not there, so that the topology is declared again."""
        self._declared = False

    def close(self) -> None:
        """Close the connection; idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.is_open:
            try:
                connection.close()
            except BROKER_FAILURES as error:
                log.info("the connection broke while closing", extra={"reason": repr(error)})

    def _reopened(self) -> BlockingConnection:
        if self._monotonic() - self._failed_at < PAUSE_SECONDS:
            raise BrokerUnavailable("RabbitMQ could not be reached a moment ago; trying again soon")
        self.close()
        self._declared = False
        try:
            return open_connection(self._amqp_url, "subscriber")
        except BrokerUnavailable:
            self._failed_at = self._monotonic()
            raise
