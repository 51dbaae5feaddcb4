"""Processes that outlived their supervisor: found by the mark they carry, ended by pid."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from muster.cli.waiting import NotInTime, wait_for_end

MARK = "MUSTER_SUPERVISED_IN"  # an environment variable that all our programs inherit
GRACE_SECONDS = 15
ASK_EVERY_SECONDS = 1
_LOOKS = 10


def mark(directory: Path) -> dict[str, str]:
    """Return the variable that tells the programs of this directory from all others."""
    return {MARK: str(directory)}


def end_leftovers(directory: Path) -> list[int]:
    """End every process that carries this directory's mark; return the pids there were.

    Call it only while no supervisor runs there. Two brokers over one store would spoil it.
    """
    found = find_marked(directory)
    for process in found:
        _ask_to_end(process)
    for process in found:
        if not _ends(process):
            os.kill(process, signal.SIGKILL)
            wait_for_end(process, GRACE_SECONDS)
    return found


def find_marked(
    directory: Path,
    kernel: Path = Path("/proc"),
    pause: Callable[[], None] = lambda: time.sleep(0.01),
) -> list[int]:
    """Return the pids that carry this directory's mark.

    A process that is just becoming another program shows no environment, so whoever shows none is
    looked at some times more. Or a child that was started just now would be overlooked.
    """
    wanted = f"{MARK}={directory}".encode()
    found, blank = _sorted_out(kernel.glob("[0-9]*"), wanted)
    for _ in range(_LOOKS):
        if not blank:
            break
        pause()
        more, blank = _sorted_out(blank, wanted)
        found += more
    return sorted(int(entry.name) for entry in found)


def _sorted_out(entries: Iterable[Path], wanted: bytes) -> tuple[list[Path], list[Path]]:
    found, blank = [], []
    for entry in entries:
        with suppress(OSError):  # gone by now, or somebody else's
            environment = (entry / "environ").read_bytes()
            if wanted in environment.split(b"\0"):
                found.append(entry)
            elif not environment and (entry / "exe").readlink():  # a kernel's thread has none
                blank.append(entry)
    return found, blank


def _ask_to_end(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)


def _ends(process: int) -> bool:
    """Ask again and again: a signal that comes between fork and exec is forgotten."""
    for _ in range(GRACE_SECONDS // ASK_EVERY_SECONDS):
        try:
            wait_for_end(process, ASK_EVERY_SECONDS)
        except NotInTime:
            _ask_to_end(process)
        else:
            return True
    return False
