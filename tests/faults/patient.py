"""A whole Muster under load, on servers of its own, to which everything may be done."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from muster.cli.deployment import API, Options
from muster.cli.deployment import load as deployment_in
from muster.cli.down import stop
from muster.cli.files import private_directory
from muster.cli.node import Node
from muster.cli.ports import remembered_ports
from muster.cli.readiness import why_not_ready
from muster.cli.running import Running, current_processes
from muster.cli.supervise import Supervisor
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from tests.load import Accounting, Load, Sinks, Target, Usual, account, latencies, sinks
from tests.servers.postgres import Cluster, start_cluster
from tests.servers.rabbitmq import start_node
from tests.waiting import eventually

HEARTBEAT_S = 3
DRAIN_S = 5
RATE_PER_S = 3
SETTLED_WITHIN_S = 200  # more than the lease of an e-mail that was sent and not recorded


@dataclass
class Patient:
    """The system, its servers and its load, and what was seen of it."""

    directory: Path
    node: Node
    broker: Supervisor
    postgres: Cluster | None
    database: Supervisor | None
    outside: Sinks
    orders: Path  # for crash points
    running: Running
    load: Load
    arrivals: ExitStack
    segments: list[dict[str, Any]] = field(default_factory=list)

    def pid(self, name: str) -> int:
        """Return the process of this name as it is now; the servers have names, too."""
        for supervisor in (self.broker, self.database):
            for process in supervisor.processes() if supervisor else ():
                if process.name == name:
                    return process.pid
        return current_processes(self.directory)[name].pid

    def send(self, name: str, what: signal.Signals) -> int:
        """Send a process a signal; return which it was."""
        pid = eventually(lambda: self.pid(name), within_s=60)
        os.kill(pid, what)
        return pid

    def not_ready(self) -> list[str]:
        """Return why not every process is ready."""
        checks = {
            each.name: why_not_ready(each.metrics.replace("/metrics", "/readyz"))
            for each in self.running.processes
        }
        return [f"{name}: {reason}" for name, reason in checks.items() if reason]

    def serves(self, key: str) -> bool:
        """Tell whether all is well, and a request was served that was sent after the fault."""
        return self.load.was_offered(key) and not self.not_ready()

    def seen_by_the_broker(self, metric: str) -> float:
        """Return the sum of one of the broker's metrics."""
        page = httpx.get(self.node.metrics_url, timeout=10).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == metric
        )

    @contextmanager
    def a_spare(self, kind: str) -> Iterator[int]:
        """Run a second process of this kind until the context ends; yield its pid."""
        more = {"MUSTER_METRICS_PORT": "0", **self.settings}
        environment = deployment_in(self.directory).environment(more)
        with (self.directory / "log" / f"spare-{kind}.log").open("ab") as log:
            spare = subprocess.Popen(
                [*self._command, kind], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                yield spare.pid
            finally:
                spare.terminate()
                spare.wait(timeout=60)

    @property
    def _command(self) -> list[str]:
        program = deployment_in(self.directory).programs()[-1]
        return list(program.command[:-1])

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings it was started with."""
        return settings(self.outside, self.orders)

    def terminate_backends(self) -> int:
        """End every session with the database, as an administrator would; return how many."""
        assert self.postgres is not None
        with psycopg.connect(self.postgres.address("postgres"), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname LIKE 't\\_%' AND pid <> pg_backend_pid()"
            ).fetchall()
        return len(ended)

    def end_relays_rights(self) -> int:
        """End the sessions that hold the right to relay; return how many there were."""
        assert self.postgres is not None
        with psycopg.connect(self.postgres.address("postgres"), autocommit=True) as connection:
            return len(
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                ).fetchall()
            )

    def discharge(self) -> Accounting:
        """Stop the arrivals, wait for the end of everything, and account for it.

        What has not come to its end in time is accounted for as lost.
        """
        self.arrivals.close()
        with suppress(AssertionError):
            self.load.settle(SETTLED_WITHIN_S)
        return account(
            self.load.target,
            self.load.ledger.path,
            received=self.outside.received,
            at_rest_within_s=SETTLED_WITHIN_S,
        )

    def figures(self) -> list[dict[str, Any]]:
        """Return what was measured, with how long the submissions of each segment took."""
        told = []
        for segment in self.segments:
            taken = latencies(self.load.ledger.path, segment["since"], segment["until"])
            slowest = {f"{name}_p99_s": each.p99 for name, each in sorted(taken.items())}
            told.append({**segment, **slowest})
        return told


@contextmanager
def admitted(store: str) -> Iterator[Patient]:
    """Start everything on this kind of store, with a load on it; end it with the context."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="muster-faults-"))
        stack.callback(shutil.rmtree, home)
        home.chmod(0o711)  # PostgreSQL does not run as root and has to reach its own part
        outside = stack.enter_context(sinks())
        postgres = database = None
        if store == "postgresql":
            database = Supervisor(home / "postgres")
            stack.callback(database.shut_down)
            postgres = start_cluster(home / "postgres")
        broker = Supervisor(home / "broker")
        stack.callback(broker.shut_down)
        node = start_node(home / "broker", with_metrics=True)
        directory = private_directory(home / ".muster")
        remembered_ports(directory / "ports.json", [API], {})  # not one that others prefer, too
        options = Options(
            directory,
            postgres.fresh_databases(OWNERS) if postgres else None,
            f"{node.amqp_url}?heartbeat={HEARTBEAT_S}",
            environment=settings(outside, home / "crash-at"),
        )
        stack.callback(stop, directory)
        running = start(options)
        load = stack.enter_context(
            Load(
                Target.of(running),
                RATE_PER_S,
                home / "ledger.jsonl",
                profile=Usual(scarce_every=3),
                scarce=1,
                declines_every=10,  # what is declined is sourced again, by a timer
            )
        )
        load.listen_at(outside.webhook_url)
        arrivals = stack.enter_context(ExitStack())
        arrivals.enter_context(load.running())
        yield Patient(
            directory,
            node,
            broker,
            postgres,
            database,
            outside,
            home / "crash-at",
            running,
            load,
            arrivals,
        )


def settings(outside: Sinks, orders: Path) -> dict[str, str]:
    """Return the settings of a system that may be made to crash, and waits for nothing long."""
    return {
        **outside.environment,
        "MUSTER_TESTING": "yes",
        "MUSTER_CRASH_AT": str(orders),
        "MUSTER_DRAIN_SECONDS": str(DRAIN_S),
        "MUSTER_SOURCING_RETRY_SECONDS": "1",
        "MUSTER_SOURCING_TRIES": "3",
        "MUSTER_LOG_LEVEL": "WARNING",
    }


def gone(pid: int) -> bool:
    """Tell whether there is no such process any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def now() -> float:
    """Return the time as the ledger tells it."""
    return time.time()
