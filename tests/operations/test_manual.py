"""The manual names nothing that is not there: commands, targets, settings, metrics, files."""

import re
import subprocess
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.main import get_command

from muster.cli.main import app
from muster.contracts.catalogue import OWNERS
from muster.settings import Settings
from tests.operations.manual import ROOT, blocks, named_blocks, pages

EACH_PAGE = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.stem))


def text(page: Path) -> str:
    """Return what stands on a page."""
    return page.read_text("utf-8")


@EACH_PAGE
def test_every_command_of_muster_exists(page: Path) -> None:
    """`muster up` and the like, in the text as in the blocks."""
    known = set(getattr(get_command(app), "commands"))  # noqa: B009 - Typer does not declare it
    named = re.findall(r"(?:`|\.venv/bin/|-- |^)muster ([a-z][a-z-]+)", text(page), re.MULTILINE)
    assert set(named) <= known


@EACH_PAGE
def test_every_target_of_make_exists(page: Path) -> None:
    """As `make` alone lists them."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text(page), re.MULTILINE)) <= known


@EACH_PAGE
def test_every_setting_exists(page: Path) -> None:
    """By the name of its variable; those that end in … stand for several."""
    known = {"MUSTER_SECRETS"} | {f"MUSTER_{name.upper()}" for name in Settings.model_fields}
    for service in OWNERS:
        if find_spec(f"services.{service}.settings"):
            module = import_module(f"services.{service}.settings")
            fields = getattr(module, f"{service.capitalize()}Settings").model_fields
            known |= {f"MUSTER_{name.upper()}" for name in fields}
    named = set(re.findall(r"\bMUSTER_[A-Z_]+[A-Z](?!\w*…|_…)", text(page)))
    assert named <= known


@EACH_PAGE
def test_every_metric_exists(page: Path) -> None:
    """As docs/metrics.md lists them."""
    known = text(ROOT / "docs" / "metrics.md")
    named = re.findall(r"`(muster_[a-z]+_[a-z_]+_(?:total|seconds|bytes))`", text(page))
    assert [name for name in named if name not in known] == []


@EACH_PAGE
def test_every_file_exists(page: Path) -> None:
    """Those that are linked, and those of the repository that are named."""
    linked = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(page))
    assert [link for link in linked if not (page.parent / link).exists()] == []
    named = re.findall(r"(?:deploy|tests|services|benchmarks|reports)/[\w./*-]*\w/?", text(page))
    made = ("deploy/secrets", "reports/")  # by running something
    absent = [
        name
        for name in named
        if (name == "deploy/secrets.sh" or not name.startswith(made)) and not [*ROOT.glob(name)]
    ]
    assert absent == []


@EACH_PAGE
def test_every_block_of_commands_can_be_parsed(page: Path) -> None:
    """By the shell that is to run it."""
    for block in blocks(page):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stderr}\n{block}"


def test_every_block_that_is_said_to_be_run_is_run() -> None:
    """By a test in this directory."""
    tests = "".join(each.read_text("utf-8") for each in Path(__file__).parent.glob("test_*.py"))
    for name in named_blocks():
        general = name.replace("-postgresql", "-{kind}").replace("-sqlite", "-{kind}")
        assert f'"{name}"' in tests or f'"{general}"' in tests, name


def test_the_manual_is_reached_from_its_first_page() -> None:
    """Whoever reads README.md finds the rest."""
    first = text(pages()[0].parent / "README.md")
    assert [page.name for page in pages() if f"({page.name})" not in first] == ["README.md"]
