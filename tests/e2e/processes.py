"""Processes that stand still for a while, so that what they would do at once has to wait."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from muster.cli.running import current_processes
from tests.e2e.commands import told
from tests.waiting import eventually

PUBLISHED = "muster_outbox_published_total"


@dataclass(frozen=True)
class Paused:
    """A process that stands still, and how much matching had published when it was stopped."""

    relay_metrics: str
    published_before: float

    def has_mail(self, messages: int) -> None:
        """Return once matching has published so many messages since."""
        wanted = self.published_before + messages
        eventually(lambda: published(self.relay_metrics) >= wanted, within_s=30)


@contextmanager
def paused(directory: Path, name: str) -> Iterator[Paused]:
    """Let a process stand still until the context ends. Nothing else may go on meanwhile."""
    pid = current_processes(directory)[name].pid
    processes = {each["name"]: each for each in told(directory, "run.json")["processes"]}
    relay = str(processes["relay"]["metrics"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield Paused(relay, at_rest(relay))
    finally:
        os.kill(pid, signal.SIGCONT)


def at_rest(relay_metrics: str) -> float:
    """Return how much matching has published, once it publishes no more."""
    seen: list[float] = []

    def still() -> bool:
        seen.append(published(relay_metrics))
        return len(seen) > 1 and seen[-1] == seen[-2]

    eventually(still, within_s=30, every_s=0.5)
    return seen[-1]


def published(relay_metrics: str) -> float:
    """Return how many messages of matching the relay has published, from its metrics."""
    page = httpx.get(relay_metrics, timeout=10).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == PUBLISHED and sample.labels["service"] == "matching"
    )
