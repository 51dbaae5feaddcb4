"""A cluster of three RabbitMQ nodes with a whole Muster on it, and a load on that."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from muster.cli.deployment import Options
from muster.cli.down import stop
from muster.cli.running import Running
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from tests.load.accounting import account
from tests.load.driver import Load
from tests.load.target import Target
from tests.reports import keep_report
from tests.servers.cluster import RabbitCluster, rabbit_cluster
from tests.servers.postgres import Cluster as Postgres
from tests.waiting import eventually

RATE = 3.0  # requests a second; each is a dozen events and more
RECOVERED_S = 60
SETTLED_S = 300  # of a machine that does much else; seconds otherwise

FAULTS = pytest.StashKey[list[dict[str, Any]]]()


@dataclass(frozen=True)
class Stage:
    """The cluster, the Muster on it, the load on that, and what was measured."""

    cluster: RabbitCluster
    running: Running
    load: Load
    ledger: Path
    faults: list[dict[str, Any]] = field(default_factory=list)

    def recovers(self, fault: str, since: float) -> None:
        """Wait until a request sent now gets its first offer; note how long after the fault.

        Its way leads over the broker twice: to the matcher, and back to who hears of the offer.
        """
        keys = [self.load.probe(), self.load.probe()]  # one of two is not for what is scarce
        eventually(lambda: any(map(self.load.was_offered, keys)), within_s=RECOVERED_S)
        self.took(fault, since)

    def nothing_is_lost(self) -> None:
        """Wait until all that was asked has come to its end, and account for it."""
        self.load.settle(SETTLED_S)
        account(self.load.target, self.ledger, at_rest_within_s=SETTLED_S).assert_nothing_lost()

    def took(self, what: str, since: float) -> None:
        """Note how long something took."""
        self.faults.append({"fault": what, "seconds": round(monotonic() - since, 2)})


@pytest.fixture(scope="module")
def stage(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[Stage]:
    """A Muster that knows the addresses of all three nodes, the first first."""
    with rabbit_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        directory = tmp_path_factory.mktemp("muster") / ".muster"
        database_url = postgres.fresh_databases(OWNERS)
        try:
            running = start(Options(directory, database_url, cluster.amqp_url))
            ledger = directory.parent / "ledger"
            with Load(Target.of(running), RATE, ledger, scarce=3) as load:
                stage = Stage(cluster, running, load, ledger)
                yield stage
        finally:
            stop(directory)
    pytestconfig.stash[FAULTS] = stage.faults
    keep_report("cluster", {"requests_per_second": RATE, "faults": stage.faults})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how long recovery took."""
    faults = terminalreporter.config.stash.get(FAULTS, [])
    if faults:
        terminalreporter.section("recovery of a RabbitMQ cluster, in seconds")
    for each in faults:
        terminalreporter.line(f"{each['fault']:<50}{each['seconds']:>8.1f}")
