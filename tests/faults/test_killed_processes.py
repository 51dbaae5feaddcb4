"""kill -9 in the middle of the demo: what was accepted comes to its end all the same."""

from pathlib import Path

import pytest

from muster.contracts.catalogue import OWNERS
from tests.e2e.demo import play
from tests.servers.postgres import Cluster


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
