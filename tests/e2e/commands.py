"""The `muster` command as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from muster.cli.node import NoRabbitMQ, find_scripts
from tests.servers.session import missing

UP_SECONDS = 120


def muster(directory: Path, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a command for the system in this directory, with no settings but these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    return subprocess.run(
        [sys.executable, "-m", "muster", command, "--directory", str(directory), *options],
        env=clean,
        cwd=directory.parent,
        text=True,
        capture_output=True,
        timeout=UP_SECONDS,
        check=False,
    )


def up(directory: Path, *options: str) -> str:
    """Start a system and return what was said; the test fails, with all of it, if it did not."""
    try:
        find_scripts()
    except NoRabbitMQ:
        missing("RabbitMQ", "rabbitmq-server")
    done = muster(directory, "up", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told(directory: Path, file: str) -> Any:
    """What a JSON file of the system says."""
    return json.loads((directory / file).read_text())
