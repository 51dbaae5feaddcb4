"""The frameworks of `pipeline`, each in a few settings: its documented default, and quicker ones.

Which of them is the quickest depends on the machine; the contest finds out, and takes that one.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.pipeline_arena import Arena, Servers, opened_channel
from benchmarks.pipeline_contestants import Contestant, Program, event_bodies

PEERS = Path(__file__).parent / "peers"
PEERS_BIN = Path("build/peers/bin")


@dataclass(frozen=True)
class Peer(Contestant):
    """A framework in the peers' own environment, in one of its settings."""

    name: str
    setting: str
    commands: Sequence[Sequence[str]]  # each is a process with its offspring
    consumers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    queues: Sequence[str] = Contestant.queues

    def prepare(self, shared: Servers, directory: Path) -> Arena:
        """Also declare the queue where the last hop's messages stay, as the framework names it."""
        arena = super().prepare(shared, directory)
        with opened_channel(arena.amqp_url) as channel:
            if self.name == "nameko":
                channel.exchange_declare("three.events", "topic", durable=True)
                channel.queue_declare("out", durable=True)
                channel.queue_bind("out", "three.events", "stepped")
            elif self.name == "faststream":
                channel.queue_declare("out", durable=True)
        return arena

    def programs(self) -> Mapping[str, Program]:
        """Return the framework's own commands."""
        return {
            f"worker {number}": Program((_binary(command), *further), PEERS, self.environment)
            for number, (command, *further) in enumerate(self.commands, start=1)
        }

    def seed(self, arena: Arena, count: int, failing: int = 0) -> None:
        """Let the framework's own client send the events."""
        file = arena.directory / "events.jsonl"
        file.write_bytes(b"\n".join(event_bodies(count, failing)) + b"\n")
        subprocess.run(
            [_binary("python"), "-W", "ignore", f"{self.name}_hops.py", str(file)],
            cwd=PEERS,
            env=os.environ | arena.environment(),
            check=True,
        )


def _binary(name: str) -> str:
    return str(PEERS_BIN.absolute() / name)


def _celery(processes: int, prefetch: int) -> Peer:
    """Return celery with so many child processes; it fetches so many messages for each."""
    command = (
        "celery", "--app", "celery_hops", "worker", "--queues", "one,two,three",
        "--concurrency", str(processes), "--prefetch-multiplier", str(prefetch),
        "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
    )  # fmt: skip
    return Peer("celery", f"processes: {processes}, prefetch: {prefetch}", [command])


def _faststream(workers: int, prefetch: int, *, confirms: bool = True) -> Peer:
    """Return FastStream with so many processes; 0 fetches all there is."""
    command = (
        "faststream", "run", "faststream_hops:app", "--workers", str(workers),
        "--log-level", "warning",
    )  # fmt: skip
    setting = f"processes: {workers}, prefetch: {prefetch or 'all'}"
    return Peer(
        "faststream",
        setting if confirms else f"{setting}, no confirms",
        [command],
        consumers=workers,
        environment={"PIPELINE_PREFETCH": str(prefetch), "PIPELINE_CONFIRMS": str(int(confirms))},
    )


_ALL = "nameko_hops"  # all three services in one process
_EACH = ("nameko_hops:One", "nameko_hops:Two", "nameko_hops:Three")


def _nameko(max_workers: int, *hosts: str, confirms: bool = True) -> Peer:
    """Return nameko with so many green threads for a service, its services in these processes."""
    command = ("nameko", "run", "--config", "nameko.yaml")
    setting = f"processes: {len(hosts)}, green threads: {max_workers}"
    return Peer(
        "nameko",
        setting if confirms else f"{setting}, no confirms",
        [(*command, host) for host in hosts],
        consumers=hosts.count(_ALL) or 1,
        environment={
            "PIPELINE_WORKERS": str(max_workers),
            "PIPELINE_CONFIRMS": str(int(confirms)),
        },
        queues=[
            f"evt-{heard}-stepped--{name}.take"
            for heard, name in (("source", "one"), ("one", "two"), ("two", "three"))
        ],
    )


def _dramatiq(processes: int, threads: int, prefetch: int = 0) -> Peer:
    """Return dramatiq with so many processes and threads; 0 fetches two for each thread."""
    command = (
        "dramatiq", "dramatiq_hops", "--queues", "one", "two", "three",
        "--processes", str(processes), "--threads", str(threads),
    )  # fmt: skip
    return Peer(
        "dramatiq",
        f"processes: {processes}, threads: {threads}, prefetch: {prefetch or 2 * threads}",
        [command],
        consumers=processes,
        environment={"dramatiq_queue_prefetch": str(prefetch)},
    )


# The first of each is what it does on two cores when asked for nothing.
SETTINGS = (
    _celery(2, 4),
    _celery(2, 50),
    _celery(4, 50),
    _faststream(1, 0),
    _faststream(1, 50),
    _faststream(2, 50),
    _faststream(2, 50, confirms=False),
    _nameko(10, _ALL),
    _nameko(10, _ALL, _ALL),
    _nameko(30, *_EACH),
    _nameko(30, *_EACH, confirms=False),
    _dramatiq(2, 8),
    _dramatiq(2, 8, 100),
    _dramatiq(2, 4),
)
