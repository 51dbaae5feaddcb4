"""Processes that outlived their supervisor: found by the mark they carry, ended by pid."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from muster.cli.waiting import NotInTime, wait_for_end

MARK = "MUSTER_SUPERVISED_IN"  # an environment variable that all our programs inherit
GRACE_SECONDS = 15


def mark(directory: Path) -> dict[str, str]:
    """Return the variable that tells the programs of this directory from all others."""
    return {MARK: str(directory)}


def end_leftovers(directory: Path) -> list[int]:
    """End every process that carries this directory's mark; return the pids there were.

    Call it only while no supervisor runs there. Two brokers over one store would spoil it.
    """
    found = list(_marked(directory))
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
    for process in found:
        try:
            wait_for_end(process, GRACE_SECONDS)
        except NotInTime:
            os.kill(process, signal.SIGKILL)
            wait_for_end(process, GRACE_SECONDS)
    return found


def _marked(directory: Path) -> Iterator[int]:
    wanted = f"{MARK}={directory}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone by now, or somebody else's
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)
