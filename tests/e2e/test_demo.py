"""`muster demo --exit`, as a newcomer runs it, only smaller."""

from pathlib import Path
from typing import Any

import pytest

from muster.contracts.catalogue import OWNERS
from tests.e2e.demo import play
from tests.servers.postgres import Cluster


def check(report: Any) -> None:
    """Everything that was asked came to an end, most of it well."""
    assert report["requests"] == 60
    assert report["confirmed"] >= 0.8 * report["requests"]
    assert report["errors"] == 0, report["error_samples"]
    assert report["lost"] == 0
    assert report["overbooked"] == 0
    assert report["jobs_completed"] > 0
    assert report["reviews"]["opened"] > report["reviews"]["open"] == 0
    assert report["flags"] == {"suspensions": 1, "raised": 1, "cleared": 1}
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
