"""A Muster with several workers, of which as many work as a test wants."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from muster.cli.deployment import Options
from muster.cli.down import stop
from muster.cli.readiness import why_not_ready
from muster.cli.running import Running, current_processes
from muster.cli.supervise import Supervisor
from muster.cli.up import start
from tests.load import Load, Target, Usual, account
from tests.waiting import eventually

PROCESSED = "muster_messages_processed_total"
SETTLED_S = 300  # of a machine that does much else; seconds otherwise


@dataclass(frozen=True)
class Fleet:
    """A running system with a load on it."""

    directory: Path
    running: Running
    load: Load

    @property
    def metrics(self) -> dict[str, str]:
        """Return where each worker tells its figures."""
        return {
            process.name: process.metrics
            for process in self.running.processes
            if process.name.startswith("worker")
        }

    def pids(self) -> dict[str, int]:
        """Return the pid of each process."""
        return {name: found.pid for name, found in current_processes(self.directory).items()}

    def let_work(self, number: int) -> None:
        """Let so many workers run, and no more; return when they are ready."""
        supervisor = Supervisor(self.directory)
        names = list(self.metrics)
        supervisor.stop_all(names[number:])
        for name in names[:number]:
            supervisor.start(name)
        wanted = [self.metrics[name].replace("/metrics", "/readyz") for name in names[:number]]
        eventually(lambda: not any(map(why_not_ready, wanted)), within_s=60, every_s=0.2)

    def kill(self, name: str) -> None:
        """End a worker in the middle of what it does; the supervisor starts another."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self.pids()[name] not in (0, pid), within_s=30)

    def done_by(self, worker: str) -> Counter[str]:
        """Return how many messages of each queue a worker has taken; none while it starts."""
        try:
            page = httpx.get(self.metrics[worker], timeout=10).text
        except httpx.TransportError:
            return Counter()
        done: Counter[str] = Counter()
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name == PROCESSED and sample.labels["outcome"] == "done":
                    queue = f"{sample.labels['service']}.{sample.labels['subscription']}"
                    done[queue] += int(sample.value)
        return done

    def settled(self) -> None:
        """Wait until all that was asked has come to its end."""
        self.load.settle(SETTLED_S)

    def nothing_is_lost(self) -> None:
        """Account for all that was asked."""
        self.settled()
        account(
            self.load.target, self.load.ledger.path, at_rest_within_s=SETTLED_S
        ).assert_nothing_lost()


@contextmanager
def fleet(
    home: Path, database_url: str | None, *, workers: int, rate: float = 5, contended: int
) -> Iterator[Fleet]:
    """Start so many workers; every `contended`-th request is for the same few medical teams."""
    directory = home / ".muster"
    environment = {"MUSTER_LOG_LEVEL": "WARNING"}
    options = Options(directory, database_url, environment=environment, workers=workers)
    try:
        running = start(options)
        with Load(
            Target.of(running),
            rate,
            home / "ledger",
            scarce=3,
            profile=Usual(scarce_every=contended),
        ) as load:
            yield Fleet(directory, running, load)
    finally:
        stop(directory)
