"""Playing the demo as a user does, only smaller."""

from pathlib import Path
from typing import Any

from tests.e2e.commands import muster, told

SMALL = ("--exit", "--members", "40", "--capabilities", "200", "--requests", "60")


def play(directory: Path, *options: str) -> Any:
    """Play the demo and return its report; the test fails, with all it said, if it failed."""
    done = muster(directory, "demo", *SMALL, *options)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
    return told(directory, "demo-report.json")
