"""The directory that all processes of one test session share, and who may start what in it."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from muster.cli.supervise import Supervisor

SERVERS = ("rabbitmq", "postgres")


def open_session() -> Path:
    """Make the session's directory; the process that runs no tests itself owns it under xdist."""
    directory = Path(tempfile.mkdtemp(prefix="muster-tests-"))
    directory.chmod(0o711)  # PostgreSQL does not run as root and has to reach its own part
    return directory


def close_session(directory: Path) -> None:
    """End every server of the session and remove its directory."""
    for server in SERVERS:
        Supervisor(directory / server).shut_down()
    shutil.rmtree(directory)


def missing(what: str, package: str) -> NoReturn:
    """Skip for want of a server on somebody's machine; fail where nobody would notice a skip."""
    reason = f"{what} is not installed: run `make setup-tests` or apt-get install {package}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(reason)
    pytest.skip(reason)
