"""A Muster to be broken, and a Prometheus and an Alertmanager that watch it."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from muster.cli.deployment import Deployment, Options, load
from muster.cli.down import stop
from muster.cli.node import Node
from muster.cli.running import Running
from muster.cli.supervise import Supervisor
from muster.cli.targets import FILE
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from tests.e2e.actors import Client, operator
from tests.e2e.journey.system import free_port
from tests.prometheus.hurry import hurried
from tests.servers.postgres import start_cluster
from tests.servers.prometheus import (
    Alertmanager,
    Prometheus,
    running_alertmanager,
    running_prometheus,
)


@dataclass(frozen=True)
class Watched:
    """A running Muster, and what there is to break of it."""

    directory: Path
    running: Running
    deployment: Deployment
    node: Node
    database: Supervisor
    mail_port: int  # where nobody listens until a test does
    operator: Client

    @property
    def programs(self) -> Supervisor:
        """What starts and stops its processes and its broker."""
        return Supervisor(self.directory)


@pytest.fixture(scope="package")
def watched() -> Iterator[Watched]:
    """Start a Muster with a broker and a database of its own, as `muster up` does."""
    home = Path(tempfile.mkdtemp(prefix="muster-watched-"))
    home.chmod(0o711)  # PostgreSQL does not run as root and has to reach its own part
    database = Supervisor(home / "postgres")
    directory = home / ".muster"
    mail_port = free_port()
    try:
        cluster = start_cluster(home / "postgres")
        settings = {
            "MUSTER_SMTP_HOST": "127.0.0.1",
            "MUSTER_SMTP_PORT": str(mail_port),
            "MUSTER_OPERATOR_EMAIL": "watch@alliance.example",
            "MUSTER_SOURCING_TRIES": "0",
        }
        options = Options(directory, cluster.fresh_databases(OWNERS), environment=settings)
        running = start(options)
        deployment = load(directory)
        assert deployment.node is not None
        watch = operator(directory)
        yield Watched(directory, running, deployment, deployment.node, database, mail_port, watch)
        watch.close()
    finally:
        stop(directory)
        database.shut_down()
        shutil.rmtree(home)


@pytest.fixture(scope="package")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """Run Alertmanager by its configuration, but with nobody to tell."""
    with running_alertmanager(tmp_path_factory.mktemp("alertmanager")) as alertmanager:
        yield alertmanager


@pytest.fixture(scope="package")
def prometheus(
    watched: Watched, alertmanager: Alertmanager, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Run Prometheus by its configuration, in a hurry, on the targets that `muster up` wrote."""
    with running_prometheus(
        tmp_path_factory.mktemp("prometheus"),
        watched.directory / FILE,
        change=hurried,
        alertmanager=alertmanager.address,
    ) as prometheus:
        yield prometheus
