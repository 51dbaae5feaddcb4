"""Figures of the scale-out tests, printed at the end and kept."""

import pytest

from tests.reports import keep_report

RUNS = pytest.StashKey[list[dict[str, float]]]()


def keep_runs(config: pytest.Config, runs: list[dict[str, float]], limit: str) -> None:
    """Keep what was measured of each number of workers."""
    config.stash[RUNS] = runs
    keep_report("scale", {"limit": limit, "runs": runs})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    runs = terminalreporter.config.stash.get(RUNS, [])
    if not runs:
        return
    terminalreporter.section("workers that share the queues")
    names = list(runs[0])
    terminalreporter.line("".join(f"{name:>15}" for name in names))
    for run in runs:
        terminalreporter.line("".join(f"{run[name]:>15g}" for name in names))
