"""One look at everything that could leak."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from muster.cli.running import Running, current_processes
from muster.cli.supervise import Supervisor
from tests.servers.postgres import Cluster
from tests.vitals import vitals_of

_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 't\\_%'"
_QUEUES = "/detailed?family=queue_coarse_metrics"
_KINDS = ("api", "worker", "relay", "rabbitmq")


@dataclass(frozen=True)
class Sampler:
    """Looks at a running system, its broker and its database."""

    running: Running
    postgres: Cluster
    database: Supervisor

    def look(self) -> dict[str, float]:
        """Return every figure by its name."""
        return dict(self._figures())

    def _figures(self) -> Iterator[tuple[str, float]]:
        for name, vitals in vitals_of(self._pids()).items():
            yield f"{name} memory MB", vitals.memory_mb
            if name in _KINDS:  # each of PostgreSQL's sessions keeps its tables' files open
                yield f"{name} files", vitals.files
                yield f"{name} threads", vitals.threads
        metrics = {process.name: process.metrics for process in self.running.processes}
        for sample in _samples(metrics["relay"]):
            if sample.name == "muster_outbox_waiting_messages":
                yield f"{sample.labels['service']} outbox", sample.value
        for sample in _samples(metrics["rabbitmq"]):
            if sample.name in ("rabbitmq_connections", "rabbitmq_channels"):
                yield sample.name.replace("_", " "), sample.value
        for sample in _samples(metrics["rabbitmq"] + _QUEUES):
            if sample.name == "rabbitmq_detailed_queue_messages":
                yield f"queue {sample.labels['queue']}", sample.value
        with psycopg.connect(self.postgres.address("postgres")) as session:
            row = session.execute(_SESSIONS).fetchone()
            yield "postgresql connections", row[0] if row else 0

    def _pids(self) -> Mapping[str, int]:
        ours = current_processes(self.running.directory).items()
        theirs = {process.name: process.pid for process in self.database.processes()}
        return {name: found.pid for name, found in ours if name in _KINDS} | theirs


def _samples(url: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(httpx.get(url, timeout=10).text):
        yield from family.samples
