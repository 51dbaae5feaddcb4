"""Who takes part in `pipeline`: what all have in common, Muster, and the loop written by hand.

The frameworks are in `pipeline_peers`.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
import psycopg

from benchmarks import ceiling, pipeline_muster
from benchmarks.pipeline_arena import Arena, Servers, plain_arena
from muster.clock import RandomIds, SystemClock
from muster.messaging.declare import declare
from muster.messaging.outbound import can_be_sent
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.publisher import RabbitPublisher
from tests.servers.rabbitmq import fresh_vhost

# RabbitMQ counts a quorum queue every five seconds, and what moves from one to another twice.
QUORUM_COUNTED_WITHIN_S = 15
CLASSIC_COUNTED_WITHIN_S = 3  # exact at once, but what killed processes held has to come back


class Program(NamedTuple):
    """What a contestant's process runs, where, and what else its environment says."""

    command: Sequence[str]
    directory: Path | None = None
    environment: Mapping[str, str] = {}


class Contestant(ABC):
    """One way to build the three hops. Subclasses say how to prepare, run, seed and verify."""

    name: str
    queues: Sequence[str] = ("one", "two", "three")
    consumers = 1  # of each queue, once all processes are at work
    counted_within_s: float = CLASSIC_COUNTED_WITHIN_S
    sink = "out"

    def prepare(self, shared: Servers, directory: Path) -> Arena:
        """Make the arena, and declare what the contestant does not declare by itself."""
        return plain_arena(shared, directory)

    @abstractmethod
    def programs(self) -> Mapping[str, Program]:
        """Return what its processes run, by name: `relay`, and all others begin with `worker`."""

    @abstractmethod
    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Put so many messages into the first queue; the handler of the failing ones raises."""

    def databases(self, arena: Arena) -> list[str]:
        """Return the addresses of the databases that hold the steps."""
        return [arena.database_url]


class Muster(Contestant):
    """Muster's own subscriber and relay, over quorum queues and a database for each service."""

    name = "muster"
    counted_within_s = QUORUM_COUNTED_WITHIN_S
    queues = ("one.steps", "two.steps", "three.steps")
    sink = pipeline_muster.SINK.queue

    def prepare(self, shared: Servers, directory: Path) -> Arena:
        """Declare the real topology and create the real tables."""
        url = shared.cluster.fresh_databases(list(pipeline_muster.METADATA))
        for store in pipeline_muster.open_stores(url).values():
            store.metadata.create_all(store.engine)
            store.engine.dispose()
        arena = Arena(shared.node, fresh_vhost(shared.node), url, directory)
        declare(arena.amqp_url, pipeline_muster.topology())
        return arena

    def programs(self) -> Mapping[str, Program]:
        """Return a worker and a relay, as `muster up` starts them on one machine."""
        program = (sys.executable, "-m", "benchmarks.pipeline_muster")
        return {name: Program((*program, name)) for name in ("worker", "relay")}

    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Publish the first events."""
        first = pipeline_muster.FIRST
        _publish(arena.amqp_url, f"{first.owner()}.events", first.routing_key(), count, failing)

    def databases(self, arena: Arena) -> list[str]:
        """Return the three services' databases."""
        plain = arena.database_url.replace("+psycopg", "")
        return [plain.format(service=name) for name in pipeline_muster.METADATA]


class Ceiling(Contestant):
    """The loop written by hand."""

    name = "bare pika loop"
    counted_within_s = QUORUM_COUNTED_WITHIN_S

    def prepare(self, shared: Servers, directory: Path) -> Arena:
        """Create its tables and its quorum queues."""
        arena = super().prepare(shared, directory)
        with psycopg.connect(arena.database_url) as connection:
            connection.execute(ceiling.TABLES)
        ceiling.declare(arena.amqp_url)
        return arena

    def programs(self) -> Mapping[str, Program]:
        """Return its one process."""
        return {"worker": Program((sys.executable, "-m", "benchmarks.ceiling"))}

    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Publish the first events."""
        _publish(arena.amqp_url, ceiling.EXCHANGE, "one", count, failing)


def event_bodies(count: int, failing: int = 0) -> list[bytes]:
    """Return so many first events as they are on the wire; every contestant gets such ones."""
    ids, clock = RandomIds(), SystemClock()
    reasons = [pipeline_muster.FAILS] * failing + [pipeline_muster.REASON] * (count - failing)
    return [pipeline_muster.first_envelope(ids, clock, reason).to_json() for reason in reasons]


def _publish(amqp_url: str, exchange: str, routing_key: str, count: int, failing: int) -> None:
    """Publish so many first events and wait until the broker has them."""
    publisher = RabbitPublisher(amqp_url, confirm_timeout_s=60)
    messages = [
        OutboundMessage(exchange, routing_key, orjson.loads(body)["id"], "", body)
        for body in event_bodies(count, failing)
    ]
    assert all(map(can_be_sent, messages))
    outcomes = publisher.publish(messages)
    publisher.close()
    assert set(outcomes) == {Outcome.CONFIRMED}, f"seeding failed: {set(outcomes)}"
