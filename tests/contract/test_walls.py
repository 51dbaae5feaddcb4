"""The walls between the rooms stand, and each of them can fall."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# For each wall: the module a careless hand might edit, and the line it might add.
VIOLATIONS = {
    "No service imports another service": (
        "services/matching/queries.py",
        "import services.registry.tables",
    ),
    "The foundation knows no service; only the command line puts them together": (
        "muster/storage/store.py",
        "import services.registry.tables",
    ),
    "A domain knows the standard library and the vocabulary, nothing else": (
        "services/dispatch/domain/__init__.py",
        "import sqlalchemy",
    ),
    "A use case knows no HTTP, no broker and no nameko": (
        "services/registry/use_cases/__init__.py",
        "import muster.web.edge",
    ),
    "pika is known in muster.messaging only": ("muster/service/relay.py", "import pika"),
    "nameko and eventlet are known in muster.service only": (
        "muster/web/app.py",
        "import eventlet",
    ),
    "FastAPI is known in muster.web and in each api.py only": (
        "services/notify/queries.py",
        "import fastapi",
    ),
    "OpenTelemetry is known in muster.observability.otlp only": (
        "muster/web/traces.py",
        "import opentelemetry",
    ),
}


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the import linter on a copy of the house."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=directory,
        env={"PYTHONPATH": str(directory), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy_of_the_house(tmp_path: Path) -> Path:
    """Return a directory with a copy of the code and of the walls' description."""
    for room in ("muster", "services"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_every_wall_stands(copy_of_the_house: Path) -> None:
    """The code as it is breaks none of the contracts."""
    result = lint(copy_of_the_house)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("wall", sorted(VIOLATIONS))
def test_a_wall_falls_when_someone_breaks_through(copy_of_the_house: Path, wall: str) -> None:
    """A planted import is found, by the wall that forbids it."""
    module, line = VIOLATIONS[wall]
    with (copy_of_the_house / module).open("a") as source:
        source.write(f"\n{line}\n")

    result = lint(copy_of_the_house)

    assert result.returncode != 0
    assert f"{wall} BROKEN" in result.stdout


def test_every_wall_has_a_planted_violation() -> None:
    """No contract can be added without proof that it can fail."""
    names = {
        line.removeprefix("name = ")
        for line in (ROOT / ".importlinter").read_text().splitlines()
        if line.startswith("name = ")
    }

    assert names == set(VIOLATIONS)
