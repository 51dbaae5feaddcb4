"""A demo that runs, and a Prometheus that has watched it from its beginning."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from muster.cli.node import NoRabbitMQ, find_scripts
from muster.contracts.catalogue import OWNERS
from tests.e2e.commands import told
from tests.e2e.demo import SMALL
from tests.servers.prometheus import Prometheus, program_of_prometheus, running_prometheus
from tests.servers.session import missing
from tests.waiting import eventually

REPORT, LOG = "demo-report.json", "demo.log"
MEASURED = "max by (service) (muster_measured_timestamp_seconds)"


@dataclass(frozen=True)
class Watched:
    """A demo after its journeys, still running, and what was seen of it since a moment."""

    prometheus: Prometheus
    api: str
    since: float
    report: Mapping[str, Any]


@pytest.fixture(scope="package")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A small demo that is over and stays, with all its gauges measured."""
    program_of_prometheus("prometheus")
    try:
        find_scripts()
    except NoRabbitMQ:
        missing("RabbitMQ", "rabbitmq-server")
    home = tmp_path_factory.mktemp("dashboards")
    directory = home / ".muster"
    since = time.time()
    with running_prometheus(
        home / "prometheus", directory / "prometheus" / "targets.json", every="2s"
    ) as prometheus:
        demo = _start(directory, home / LOG)
        try:
            eventually(lambda: _is_over(demo, directory), within_s=300, every_s=1)
            over = time.time()
            api = told(directory, "run.json")["api"]
            eventually(
                lambda: _is_asked(api) and _is_measured(prometheus, over), within_s=60, every_s=1
            )
            yield Watched(prometheus, api, since, told(directory, REPORT))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


def _start(directory: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start the demo as a user does who looks around afterwards."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    options = [option for option in SMALL if option != "--exit"]
    with log.open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "muster", "demo", "--directory", str(directory), *options],
            env=clean,
            cwd=directory.parent,
            stdout=said,
            stderr=subprocess.STDOUT,
        )


def _is_over(demo: subprocess.Popen[bytes], directory: Path) -> bool:
    assert demo.poll() is None, (directory.parent / LOG).read_text()[-6000:]
    return (directory / REPORT).exists()


def _is_asked(api: str) -> bool:
    """Ask registry something: on a busy machine Prometheus finds the api after the enrolment."""
    return httpx.get(f"{api}/v1/organisations", timeout=10).status_code == 401


def _is_measured(prometheus: Prometheus, after: float) -> bool:
    """Whether the state of every service has been measured since this moment."""
    found = prometheus.query(MEASURED)
    return len(found) == len(OWNERS) and all(sample.value > after for sample in found)
