"""Where one contestant of `pipeline` runs: its virtual host and databases, and what is in them."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pika
import psycopg
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from muster.cli.node import Node
from muster.cli.supervise import Supervisor
from tests.servers.postgres import Cluster, session_cluster
from tests.servers.rabbitmq import fresh_vhost, session_node
from tests.servers.session import close_session, open_session

LOOK_EVERY = 0.02
PATIENCE_S = float(os.environ.get("PIPELINE_PATIENCE", "120"))

STEPS = """CREATE TABLE steps (sequence bigserial PRIMARY KEY, step_id text NOT NULL,
    job_id text NOT NULL, hop int NOT NULL, noted_at timestamptz NOT NULL)"""
COUNT = "SELECT count(*), count(*) - count(DISTINCT (job_id, hop)) FROM steps"


@dataclass(frozen=True)
class Servers:
    """The RabbitMQ node and the PostgreSQL cluster that all contestants share."""

    node: Node
    cluster: Cluster
    pids: Mapping[str, int]  # rabbitmq, postgresql


@contextmanager
def servers() -> Iterator[tuple[Servers, Path]]:
    """Start a RabbitMQ node and a PostgreSQL cluster for this benchmark alone."""
    session = open_session()
    try:
        node, cluster = session_node(session), session_cluster(session)
        pids = {
            "rabbitmq": _pid(session / "rabbitmq", "rabbitmq"),
            "postgresql": _pid(session / "postgres", "postgres"),
        }
        work = session / "pipeline"
        work.mkdir()
        yield Servers(node, cluster, pids), work
    finally:
        close_session(session)


def _pid(directory: Path, program: str) -> int:
    return next(p.pid for p in Supervisor(directory).processes() if p.name == program)


@dataclass(frozen=True)
class Arena:
    """A virtual host and a database (or one for each service) of a contestant's own."""

    node: Node
    amqp_url: str
    database_url: str
    directory: Path

    def environment(self) -> dict[str, str]:
        """Return what the contestant's processes need to know."""
        return {
            "PIPELINE_AMQP": self.amqp_url,
            "PIPELINE_DATABASE": self.database_url,
            "MUSTER_AMQP_URL": self.amqp_url,
            "MUSTER_DATABASE_URL": self.database_url,
        }

    def until_consumed(self, queues: Sequence[str], consumers: int) -> None:
        """Wait until every queue has so many consumers, and all processes are at work.

        Before, some contestants' messages would vanish, and others would still be starting while
        they are measured. Raises TimeoutError, with what the processes said.
        """
        waiting = list(queues)
        deadline = time.monotonic() + PATIENCE_S
        with opened_connection(self.amqp_url) as connection:
            while waiting and time.monotonic() < deadline:
                try:
                    found = connection.channel().queue_declare(waiting[0], passive=True)
                    if found.method.consumer_count >= consumers:
                        waiting.pop(0)
                except ChannelClosedByBroker:
                    pass
                connection.sleep(0.1)
        if waiting:
            raise TimeoutError(f"not consumed by {consumers}: {waiting}\n{self._logs()}")

    def until_arrived(self, sink: str, count: int, patience_s: float = PATIENCE_S) -> int:
        """Wait until so many messages are in the last queue; return how many are.

        Raises TimeoutError, with what the processes said, if they do not come in time.
        """
        deadline = time.monotonic() + patience_s
        with opened_connection(self.amqp_url) as connection:
            channel = connection.channel()
            found = 0
            while time.monotonic() < deadline:
                try:
                    found = channel.queue_declare(sink, passive=True).method.message_count
                except ChannelClosedByBroker:
                    channel = connection.channel()
                if found >= count:
                    return found
                connection.sleep(LOOK_EVERY)
        raise TimeoutError(f"{found} of {count} arrived:\n{self._logs()}")

    def missing(self, expected: int, counted_within_s: float) -> int:
        """Return how many messages are in no queue, once the broker has had time to count them."""
        deadline = time.monotonic() + counted_within_s
        while True:
            listed = self.node.control(
                "list_queues", "--vhost", self._vhost, "--no-table-headers", "messages"
            )
            found = sum(map(int, listed.split()))
            if found == expected or time.monotonic() > deadline:
                return max(0, expected - found)
            time.sleep(1)

    def leave(self) -> None:
        """Delete the virtual host, so that its queues cost the next contestant nothing."""
        self.node.control("delete_vhost", self._vhost)

    @property
    def _vhost(self) -> str:
        return self.amqp_url.rsplit("/", 1)[1]

    def _logs(self) -> str:
        return "\n".join(file.read_text()[-3000:] for file in self.directory.glob("*.log"))


def plain_arena(shared: Servers, directory: Path) -> Arena:
    """Make an empty virtual host and an empty database with the table of steps."""
    url = shared.cluster.fresh_database().replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute(STEPS)
    return Arena(shared.node, fresh_vhost(shared.node), url, directory)


def counted_rows(databases: Sequence[str]) -> tuple[int, int]:
    """Return how many steps there are in these databases, and how many of them are repeats."""
    total = repeats = 0
    for url in databases:
        with psycopg.connect(url) as connection:
            row = connection.execute(COUNT).fetchone()
        assert row is not None
        total, repeats = total + row[0], repeats + row[1]
    return total, repeats


@contextmanager
def opened_connection(amqp_url: str) -> Iterator[pika.BlockingConnection]:
    """Yield an open connection."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def opened_channel(amqp_url: str) -> Iterator[BlockingChannel]:
    """Yield a channel of a connection of its own."""
    with opened_connection(amqp_url) as connection:
        yield connection.channel()
