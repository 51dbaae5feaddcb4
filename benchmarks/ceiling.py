"""The ceiling: what a loop written by hand, for nothing but these three hops, gets out of pika.

It keeps the guarantees that Muster gives. A batch is one transaction that holds inbox, state and
outbox rows; it is acked after the commit, published with pipelined confirms, and marked as
published once confirmed, in the next transaction. What a crash left unmarked is published again at
the start. It has no layers, no retries, no dead letters, no metrics, and checks nothing it reads.
What it does through pika it does as pika offers it, but writes a batch's frames in one piece, as
Muster does; Muster in turn reads and writes the frames of messages without pika, which this loop
leaves to it:

    python -m benchmarks.ceiling
"""

import os
import signal
from collections import deque
from datetime import UTC, datetime
from typing import Any

import orjson
import pika
import psycopg
import uuid_utils
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.channel import Channel
from pika.frame import Method

from muster.messaging.wholesale import WholesaleConnection

BATCH = 200
EXCHANGE = "hops"
QUEUES = ("one", "two", "three", "out")
TABLES = """
CREATE TABLE inbox (hop int, message_id text, received_at timestamptz NOT NULL,
    PRIMARY KEY (hop, message_id));
CREATE TABLE outbox (sequence bigserial PRIMARY KEY, message_id text NOT NULL UNIQUE,
    routing_key text NOT NULL, body bytea NOT NULL, published_at timestamptz);
CREATE INDEX ON outbox (sequence) WHERE published_at IS NULL;
"""
ADMIT = """INSERT INTO inbox SELECT %s, id, %s FROM unnest(%s::text[]) AS id
    ON CONFLICT DO NOTHING RETURNING message_id"""
STEP = """INSERT INTO steps (step_id, job_id, hop, noted_at)
    SELECT step_id, job_id, %s, %s FROM unnest(%s::text[], %s::text[]) AS s (step_id, job_id)"""
SAY = """INSERT INTO outbox (message_id, routing_key, body)
    SELECT id, %s, body FROM unnest(%s::text[], %s::bytea[]) AS o (id, body)"""
MARK = "UPDATE outbox SET published_at = %s WHERE message_id = ANY(%s::text[])"
LEFT = (
    "SELECT message_id, routing_key, body FROM outbox WHERE published_at IS NULL ORDER BY sequence"
)

Json = dict[str, Any]
Arrived = tuple[int, bytes]  # delivery tag, body


class Ceiling:
    """One connection to consume, one to publish, one to PostgreSQL; one thread."""

    def __init__(self, amqp_url: str, database: str) -> None:
        self.database = psycopg.connect(database)
        self.loop = IOLoop()
        self.loop.activate_poller()
        self.arrived: dict[int, deque[Arrived]] = {hop: deque() for hop in (1, 2, 3)}
        self.consuming: dict[int, Channel] = {}
        self.publishing: Channel | None = None
        self.tag = 0
        self.in_flight: deque[tuple[int, str]] = deque()
        self.confirmed: list[str] = []
        self.publisher: WholesaleConnection
        for connected in (self._consume, self._publish):
            WholesaleConnection(
                pika.URLParameters(amqp_url), on_open_callback=connected, custom_ioloop=self.loop
            )

    def run(self) -> None:
        """Go on until the process is ended."""
        while self.publishing is None or len(self.consuming) < 3:
            self.turn(0.1)
        with self.database.transaction():
            self.send(self.database.execute(LEFT).fetchall())
        while True:
            busy = [number for number, waiting in self.arrived.items() if waiting]
            for number in busy:
                self.hop(number)
            if not busy and self.confirmed:
                with self.database.transaction():
                    self.mark(datetime.now(UTC))
            self.turn(0 if busy else 0.02)

    def turn(self, seconds: float) -> None:
        alarm = self.loop.call_later(seconds, lambda: None)
        self.loop.poll()
        self.loop.process_timeouts()
        self.loop.remove_timeout(alarm)

    def hop(self, number: int) -> None:
        waiting = self.arrived[number]
        batch = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
        received = {event["id"]: event for event in (orjson.loads(body) for _, body in batch)}
        now = datetime.now(UTC)
        execute = self.database.execute
        with self.database.transaction():
            self.mark(now)
            fresh = [row[0] for row in execute(ADMIT, (number, now, list(received)))]
            jobs = [received[step]["subject"] for step in fresh]
            said = [self.next_event(received[step]) for step in fresh]
            ids, bodies = [event["id"] for event in said], [orjson.dumps(event) for event in said]
            execute(STEP, (number, now, fresh, jobs))
            execute(SAY, (QUEUES[number], ids, bodies))
        self.consuming[number].basic_ack(batch[-1][0], multiple=True)
        self.send([(id_, QUEUES[number], body) for id_, body in zip(ids, bodies, strict=True)])

    def next_event(self, event: Json) -> Json:
        return event | {"id": f"evt_{uuid_utils.uuid7().hex}", "causationid": event["id"]}

    def mark(self, now: datetime) -> None:
        if self.confirmed:
            self.database.execute(MARK, (now, self.confirmed))
            self.confirmed = []

    def send(self, messages: list[tuple[str, str, bytes]]) -> None:
        with self.publisher.together():
            self._send(messages)

    def _send(self, messages: list[tuple[str, str, bytes]]) -> None:
        channel = self.publishing
        assert channel is not None, "run waits for it first"
        for message_id, routing_key, body in messages:
            properties = pika.BasicProperties(delivery_mode=2, message_id=message_id)
            channel.basic_publish(EXCHANGE, routing_key, body, properties, mandatory=True)
            self.tag += 1
            self.in_flight.append((self.tag, message_id))

    def on_confirm(self, frame: Method) -> None:
        assert isinstance(frame.method, pika.spec.Basic.Ack), "the broker refused a message"
        if frame.method.multiple:
            while self.in_flight and self.in_flight[0][0] <= frame.method.delivery_tag:
                self.confirmed.append(self.in_flight.popleft()[1])
            return
        for position, (tag, message_id) in enumerate(self.in_flight):
            if tag == frame.method.delivery_tag:
                del self.in_flight[position]
                self.confirmed.append(message_id)
                return

    def on_return(self, *_: object) -> None:
        raise RuntimeError("a message found no queue")

    def _publish(self, connection: WholesaleConnection) -> None:
        def opened(channel: Channel) -> None:
            channel.add_on_return_callback(self.on_return)
            channel.confirm_delivery(
                self.on_confirm, lambda _: setattr(self, "publishing", channel)
            )

        self.publisher = connection
        connection.channel(on_open_callback=opened)

    def _consume(self, connection: SelectConnection) -> None:
        for number in self.arrived:
            connection.channel(on_open_callback=lambda ch, n=number: self._consume_hop(ch, n))

    def _consume_hop(self, channel: Channel, number: int) -> None:
        arrived = self.arrived[number]
        channel.basic_qos(prefetch_count=2 * BATCH)
        channel.basic_consume(
            QUEUES[number - 1],
            lambda _ch, method, _properties, body: arrived.append((method.delivery_tag, body)),
            callback=lambda _: self.consuming.update({number: channel}),
        )


def declare(amqp_url: str) -> None:
    """Declare the exchange and the queues: quorum queues, as Muster's."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    for queue in QUEUES:
        arguments = {"x-queue-type": "quorum", "x-delivery-limit": 50}
        channel.queue_declare(queue, durable=True, arguments=arguments)
        channel.queue_bind(queue, EXCHANGE, queue)
    connection.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Ceiling(os.environ["PIPELINE_AMQP"], os.environ["PIPELINE_DATABASE"]).run()
