"""`muster demo --exit`, as a newcomer runs it, only smaller; and with processes killed under it."""

from pathlib import Path
from typing import Any

import pytest

from muster.contracts.catalogue import OWNERS
from tests.e2e.commands import muster, told
from tests.servers.postgres import Cluster

SMALL = ("--exit", "--members", "40", "--capabilities", "200", "--requests", "60")


def play(directory: Path, *options: str) -> Any:
    """Play the demo and return its report; the test fails, with all it said, if it failed."""
    done = muster(directory, "demo", *SMALL, *options)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
    return told(directory, "demo-report.json")


def check(report: Any) -> None:
    """Everything that was asked came to an end, most of it well."""
    assert report["requests"] == 60
    assert report["confirmed"] >= 0.8 * report["requests"]
    assert report["errors"] == 0, report["error_samples"]
    assert report["lost"] == 0
    assert report["overbooked"] == 0
    assert report["jobs_completed"] > 0
    assert report["emails_received_by_sink"] == report["notifications_sent"]["email"] > 0


@pytest.mark.e2e
@pytest.mark.broker
def test_the_demo_ends_well(tmp_path: Path) -> None:
    """On a store of its own, as `make demo` plays it."""
    check(play(tmp_path / ".muster"))


@pytest.mark.e2e
@pytest.mark.broker
@pytest.mark.postgres
def test_the_demo_ends_well_on_postgresql(tmp_path: Path, postgres: Cluster) -> None:
    """With a database for each service."""
    url = postgres.fresh_databases(OWNERS)

    check(play(tmp_path / ".muster", "--database-url", url))


@pytest.mark.faults
@pytest.mark.broker
@pytest.mark.parametrize("victim", ["worker", "relay", "api"])
def test_nothing_is_lost_when_a_process_is_killed(tmp_path: Path, victim: str) -> None:
    """kill -9 in the middle of the scenario; the supervisor restarts it; every request ends."""
    report = play(tmp_path / ".muster", "--faults", victim)

    assert len(report["faults"]) == 1
    assert report["lost"] == 0
    assert report["overbooked"] == 0
    assert report["errors"] == 0, report["error_samples"]


@pytest.mark.faults
@pytest.mark.broker
@pytest.mark.postgres
def test_nothing_is_lost_on_postgresql_when_all_three_are_killed(
    tmp_path: Path, postgres: Cluster
) -> None:
    """One after the other, under the same load."""
    url = postgres.fresh_databases(OWNERS)

    report = play(tmp_path / ".muster", "--faults", "worker,relay,api", "--database-url", url)

    assert len(report["faults"]) == 3
    assert report["lost"] == 0
    assert report["overbooked"] == 0
