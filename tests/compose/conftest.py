"""The daemon, the images and the stack, made once; and what they told, kept in reports/."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.compose.docker import Docker, own_daemon, what_is_missing
from tests.compose.images import TOP, make_base, make_muster, make_servers
from tests.compose.stack import Stack, muster_image
from tests.reports import DIRECTORY, keep_report
from tests.waiting import eventually

UP_WITHIN_S = 300


@pytest.fixture(scope="session")
def figures() -> Iterator[dict[str, Any]]:
    """Return what is kept as reports/compose-test.json, whatever becomes of the tests."""
    found: dict[str, Any] = {}
    yield found
    keep_report("compose-test", found)


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    """Start a daemon of our own; what it has built is kept in build/compose-test."""
    if lacks := what_is_missing():
        reason = f"docker-compose.yml cannot be tried here, for want of {', '.join(lacks)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    data = Path(os.environ.get("MUSTER_COMPOSE_DATA", TOP / "build/compose-test/docker"))
    with own_daemon(data) as docker:
        yield docker


@pytest.fixture(scope="session")
def image(docker: Docker) -> str:
    """Return our image, built on the stand-in for its base."""
    with tempfile.TemporaryDirectory() as directory:
        make_base(docker, Path(directory))
    make_muster(docker, muster_image())
    return muster_image()


@pytest.fixture(scope="session")
def stack(docker: Docker, image: str) -> Iterator[Stack]:
    """Bring the whole stack up, wait until all of it is healthy, and take it down in the end."""
    make_servers(docker)
    with tempfile.TemporaryDirectory(prefix="muster-compose-") as directory:
        stack = Stack.prepared(docker, Path(directory))
        try:
            stack.compose("up", "--detach", "--no-build", within_s=UP_WITHIN_S)
            eventually(
                lambda: set(stack.health().values()) == {"healthy"},
                within_s=UP_WITHIN_S,
                every_s=2,
            )
            yield stack
        finally:
            _keep_logs(stack)
            stack.compose("down", "--volumes", "--timeout", "30")


def _keep_logs(stack: Stack) -> None:
    DIRECTORY.mkdir(exist_ok=True)
    told = stack.compose("logs", "--no-color", "--timestamps", "--tail", "400")
    (DIRECTORY / "compose-test.containers.log").write_text(told, encoding="utf-8")
