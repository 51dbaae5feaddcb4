"""The image: how big it is, and whether the same sources make the same one again."""

from pathlib import Path
from typing import Any

import pytest

from tests.compose.docker import Docker
from tests.compose.images import BASE, contents, make_muster, megabytes

MOST_MB = 250

pytestmark = pytest.mark.timeout(3600)


def test_the_image_is_small(docker: Docker, image: str, figures: dict[str, Any]) -> None:
    """So that a machine in a port town gets it over a thin line."""
    figures["image_mb"] = round(megabytes(docker, image), 1)
    figures["base_mb"] = round(megabytes(docker, BASE), 1)

    assert figures["image_mb"] < MOST_MB


def test_the_same_sources_make_the_same_image(
    docker: Docker, image: str, figures: dict[str, Any], tmp_path: Path
) -> None:
    """Every file, with its owner, mode and date, when all is built again and nothing remembered."""
    again = f"{image}:again"
    make_muster(docker, again, "--no-cache")

    first = contents(docker, image, tmp_path / "first.tar")
    second = contents(docker, again, tmp_path / "second.tar")
    figures["files"] = len(first)
    differing = sorted(
        name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
    )
    assert differing == []


def test_muster_runs_in_it_as_nobody_in_particular(docker: Docker, image: str) -> None:
    """With its own files read-only, without a network, without a capability."""
    closed = ("--rm", "--read-only", "--network=none", "--cap-drop=ALL")
    told = docker.run("run", *closed, "--entrypoint", "id", image, "-u")
    assert told.strip() == "10001"
    assert "broker-users" in docker.run("run", *closed, image, "--help")
