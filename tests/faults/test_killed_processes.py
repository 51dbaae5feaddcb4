"""kill -9 in the middle of the demo, as anybody can ask for: what was accepted comes to its end."""

from pathlib import Path

import pytest

from tests.e2e.demo import play


@pytest.mark.faults
@pytest.mark.broker
def test_nothing_is_lost_when_the_demo_kills_its_processes(tmp_path: Path) -> None:
    """One after the other, under the same load; the supervisor restarts them."""
    report = play(tmp_path / ".muster", "--faults", "worker,relay,api")

    assert len(report["faults"]) == 3
    assert report["lost"] == 0
    assert report["overbooked"] == 0
    assert report["errors"] == 0, report["error_samples"]
