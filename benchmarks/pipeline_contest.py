"""One round of one contestant: start it, warm it up, hold it, fill its queue, release it."""

import os
import re
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
import pika
import psycopg
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from benchmarks import ceiling, pipeline_muster
from muster.cli.node import Node
from muster.clock import RandomIds, SystemClock
from muster.messaging.declare import declare
from muster.messaging.outbound import can_be_sent
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.publisher import RabbitPublisher
from tests.servers.postgres import Cluster
from tests.servers.rabbitmq import fresh_vhost

WARM_UP = 50
FAILING = 50
LOOK_EVERY = 0.02
PATIENCE_S = float(os.environ.get("PIPELINE_PATIENCE", "120"))
FAILING_PATIENCE_S = 20.0
COUNTED_WITHIN_S = 15
HOPS = 3
TICKS = os.sysconf("SC_CLK_TCK")
PEERS = Path(__file__).parent / "peers"
PEERS_BIN = Path("build/peers/bin")

STEPS = """CREATE TABLE steps (sequence bigserial PRIMARY KEY, step_id text NOT NULL,
    job_id text NOT NULL, hop int NOT NULL, noted_at timestamptz NOT NULL)"""


@dataclass(frozen=True)
class Servers:
    """The RabbitMQ node and the PostgreSQL cluster that all contestants share."""

    node: Node
    cluster: Cluster
    pids: Mapping[str, int]  # rabbitmq, postgresql


@dataclass(frozen=True)
class Arena:
    """A virtual host and a database (or one for each service) of a contestant's own."""

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


@dataclass(frozen=True)
class Result:
    """What one round gave."""

    seconds: float
    messages: int
    cpu_seconds: Mapping[str, float]  # by process
    rows: int  # expected: messages x hops
    doubled: int
    arrived: int

    @property
    def hops_per_second(self) -> float:
        """Return the hops of all messages by the time from first to last."""
        return self.messages * HOPS / self.seconds


class Contestant(ABC):
    """One way to build the three hops. Subclasses say how to prepare, run, seed and verify."""

    name: str
    guarantees: str
    queues: Sequence[str] = ("one", "two", "three")
    sink = "out"

    def prepare(self, servers: Servers, directory: Path) -> Arena:
        """Make the arena: an empty virtual host and an empty database with the table of steps."""
        url = servers.cluster.fresh_database().replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            connection.execute(STEPS)
        return Arena(fresh_vhost(servers.node), url, directory)

    @abstractmethod
    def processes(self) -> Mapping[str, tuple[Sequence[str], Path | None]]:
        """Return the command and working directory of each process, by its name."""

    @abstractmethod
    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Put so many messages into the first queue; the handler of the failing ones raises."""

    def databases(self, arena: Arena) -> list[str]:
        """Return the addresses of the databases that hold the steps."""
        return [arena.database_url]

    def rows(self, arena: Arena) -> tuple[int, int]:
        """Return how many steps there are, and how many of them are repeats."""
        total = repeats = 0
        for url in self.databases(arena):
            with psycopg.connect(url) as connection:
                row = connection.execute(
                    "SELECT count(*), count(*) - count(DISTINCT (job_id, hop)) FROM steps"
                ).fetchone()
            assert row is not None
            total, repeats = total + row[0], repeats + row[1]
        return total, repeats


class Peer(Contestant):
    """A framework in the peers' own environment."""

    def __init__(
        self,
        name: str,
        guarantees: str,
        module: str,
        commands: Mapping[str, Sequence[str]],
        queues: Sequence[str] = Contestant.queues,
    ) -> None:
        self.name, self.guarantees, self.queues = name, guarantees, queues
        self._module = module
        self._commands = commands

    def prepare(self, servers: Servers, directory: Path) -> Arena:
        """Also declare the queue where the last hop's messages stay, as the framework names it."""
        arena = super().prepare(servers, directory)
        with opened_channel(arena.amqp_url) as channel:
            if self._module == "nameko_hops":
                channel.exchange_declare("three.events", "topic", durable=True)
                channel.queue_declare("out", durable=True)
                channel.queue_bind("out", "three.events", "stepped")
            elif self._module == "faststream_hops":
                channel.queue_declare("out", durable=True)
        return arena

    def processes(self) -> Mapping[str, tuple[Sequence[str], Path | None]]:
        """Return the framework's own commands."""
        binaries = PEERS_BIN.absolute()
        return {
            name: ((str(binaries / command[0]), *command[1:]), PEERS)
            for name, command in self._commands.items()
        }

    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Let the framework's own client send the events."""
        file = arena.directory / "events.jsonl"
        file.write_bytes(b"\n".join(event_bodies(count, failing)) + b"\n")
        subprocess.run(
            [str(PEERS_BIN.absolute() / "python"), f"{self._module}.py", str(file)],
            cwd=PEERS,
            env=os.environ | arena.environment(),
            check=True,
        )


class Muster(Contestant):
    """Muster's own subscriber and relay, over quorum queues and a database for each service."""

    name = "muster"
    guarantees = "effectively once"
    queues = ("one.steps", "two.steps", "three.steps")
    sink = pipeline_muster.SINK.queue

    def prepare(self, servers: Servers, directory: Path) -> Arena:
        """Declare the real topology and create the real tables."""
        url = servers.cluster.fresh_databases(list(pipeline_muster.METADATA))
        for store in pipeline_muster.open_stores(url).values():
            store.metadata.create_all(store.engine)
            store.engine.dispose()
        arena = Arena(fresh_vhost(servers.node), url, directory)
        declare(arena.amqp_url, pipeline_muster.topology())
        return arena

    def processes(self) -> Mapping[str, tuple[Sequence[str], Path | None]]:
        """Return a worker and a relay, as `muster up` starts them on one machine."""
        program = (sys.executable, "-m", "benchmarks.pipeline_muster")
        return {"worker": ((*program, "worker"), None), "relay": ((*program, "relay"), None)}

    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Publish the first events."""
        first = pipeline_muster.FIRST
        publish(arena.amqp_url, f"{first.owner()}.events", first.routing_key(), count, failing)

    def databases(self, arena: Arena) -> list[str]:
        """Return the three services' databases."""
        plain = arena.database_url.replace("+psycopg", "")
        return [plain.format(service=name) for name in pipeline_muster.METADATA]


class Ceiling(Contestant):
    """The loop written by hand."""

    name = "bare pika loop"
    guarantees = "effectively once"

    def prepare(self, servers: Servers, directory: Path) -> Arena:
        """Create its tables and its quorum queues."""
        arena = super().prepare(servers, directory)
        with psycopg.connect(arena.database_url) as connection:
            connection.execute(ceiling.TABLES)
        ceiling.declare(arena.amqp_url)
        return arena

    def processes(self) -> Mapping[str, tuple[Sequence[str], Path | None]]:
        """Return its one process."""
        return {"worker": ((sys.executable, "-m", "benchmarks.ceiling"), None)}

    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Publish the first events."""
        publish(arena.amqp_url, ceiling.EXCHANGE, "one", count, failing)


def event_bodies(count: int, failing: int = 0) -> list[bytes]:
    """Return so many first events as they are on the wire; every contestant gets such ones."""
    ids, clock = RandomIds(), SystemClock()
    reasons = [pipeline_muster.FAILS] * failing + [pipeline_muster.REASON] * (count - failing)
    return [pipeline_muster.first_envelope(ids, clock, reason).to_json() for reason in reasons]


def publish(amqp_url: str, exchange: str, routing_key: str, count: int, failing: int) -> None:
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


def run_round(contestant: Contestant, servers: Servers, directory: Path, messages: int) -> Result:
    """Measure one round of a contestant; its processes are gone afterwards."""
    directory.mkdir()
    arena = contestant.prepare(servers, directory)
    with running(contestant, arena) as groups:
        _until_consumed(arena, contestant.queues)
        contestant.seed(arena, WARM_UP)
        _until_arrived(arena, contestant.sink, WARM_UP)
        for group in groups.values():
            os.killpg(group, signal.SIGSTOP)
        contestant.seed(arena, messages)
        watched = {**groups, **servers.pids}
        before = {name: cpu_seconds(pid) for name, pid in watched.items()}
        started = time.monotonic()
        for group in groups.values():
            os.killpg(group, signal.SIGCONT)
        arrived = _until_arrived(arena, contestant.sink, WARM_UP + messages)
        seconds = time.monotonic() - started
        cpu = {name: cpu_seconds(pid) - before[name] for name, pid in watched.items()}
    rows, doubled = contestant.rows(arena)
    _delete_vhost(servers.node, arena)
    return Result(seconds, messages, cpu, rows - WARM_UP * HOPS, doubled, arrived - WARM_UP)


def lost_of_failing(contestant: Contestant, servers: Servers, directory: Path) -> int:
    """Return how many messages are nowhere any more after their handler raised.

    What waits in any queue, to be tried again or to be looked at, is not lost. What no framework
    brings on counts as lost.
    """
    directory.mkdir()
    arena = contestant.prepare(servers, directory)
    with running(contestant, arena):
        _until_consumed(arena, contestant.queues)
        contestant.seed(arena, 2 * FAILING, FAILING)
        with suppress(TimeoutError):
            _until_arrived(arena, contestant.sink, FAILING, FAILING_PATIENCE_S)
    lost = _missing(arena, servers, 2 * FAILING)
    _delete_vhost(servers.node, arena)
    return lost


def _missing(arena: Arena, servers: Servers, expected: int) -> int:
    """Return how many messages are in no queue, once the broker has had time to count them.

    It counts a quorum queue every five seconds, and what it moves from one to another twice.
    """
    vhost = arena.amqp_url.rsplit("/", 1)[1]
    deadline = time.monotonic() + COUNTED_WITHIN_S
    while True:
        listed = servers.node.control(
            "list_queues", "--vhost", vhost, "--no-table-headers", "messages"
        )
        found = sum(map(int, listed.split()))
        if found == expected or time.monotonic() > deadline:
            return max(0, expected - found)
        time.sleep(1)


@contextmanager
def running(contestant: Contestant, arena: Arena) -> Iterator[dict[str, int]]:
    """Run a contestant's processes, each a group of its own; yield the groups' ids by name."""
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, (command, where) in contestant.processes().items():
            log = (arena.directory / f"{name}.log").open("wb")
            started[name] = subprocess.Popen(
                command,
                cwd=where,
                env=os.environ | arena.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        yield {name: process.pid for name, process in started.items()}
    finally:
        for process in started.values():
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=3)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _until_consumed(arena: Arena, queues: Sequence[str]) -> None:
    """Wait until every queue has a consumer: before, some contestants' messages would vanish."""
    waiting = list(queues)
    deadline = time.monotonic() + PATIENCE_S
    with opened_connection(arena.amqp_url) as connection:
        while waiting and time.monotonic() < deadline:
            try:
                found = connection.channel().queue_declare(waiting[0], passive=True)
                if found.method.consumer_count:
                    waiting.pop(0)
            except ChannelClosedByBroker:
                pass
            connection.sleep(0.1)
    if waiting:
        raise TimeoutError(f"nobody consumes {waiting}:\n{_logs(arena)}")


def _logs(arena: Arena) -> str:
    return "\n".join(file.read_text()[-3000:] for file in arena.directory.glob("*.log"))


def _until_arrived(arena: Arena, sink: str, count: int, patience_s: float = PATIENCE_S) -> int:
    """Wait until so many messages are in the last queue; return how many are.

    Raises TimeoutError, with what the processes said, if they do not come in time.
    """
    deadline = time.monotonic() + patience_s
    with opened_connection(arena.amqp_url) as connection:
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
    raise TimeoutError(f"{found} of {count} arrived:\n{_logs(arena)}")


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


def _delete_vhost(node: Node, arena: Arena) -> None:
    node.control("delete_vhost", arena.amqp_url.rsplit("/", 1)[1])


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and all it started, the ended ones too."""
    children: dict[int, list[int]] = {}
    times: dict[int, tuple[int, int]] = {}  # own; of the children it has buried
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            fields = re.sub(r"^.*\) ", "", (entry / "stat").read_text()).split()
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            times[int(entry.name)] = (
                int(fields[11]) + int(fields[12]),
                int(fields[13]) + int(fields[14]),
            )
    total, left = 0, [pid]
    while left:
        each = left.pop()
        total += sum(times.get(each, (0, 0)))
        left += children.get(each, [])
    return total / TICKS
