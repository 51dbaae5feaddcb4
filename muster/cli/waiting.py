"""Waiting for something outside to become true, without blocking for longer than needed."""

import os
import select
import threading
import time
from collections.abc import Callable

from muster.cli.errors import CannotRun

# Nobody sets it: waiting on it is a pause that never ends early.
_NEVER = threading.Event()


class NotInTime(CannotRun):
    """What was waited for did not happen in the time given."""


def wait_until(check: Callable[[], bool], within_s: float, what: str, every_s: float = 0.1) -> None:
    """Return as soon as `check` says yes; raise NotInTime, naming `what`, if it never does."""
    deadline = time.monotonic() + within_s
    while not check():
        if time.monotonic() > deadline:
            raise NotInTime(f"{what} did not happen within {within_s:g} seconds")
        _NEVER.wait(every_s)


def wait_for_end(process: int, within_s: float) -> None:
    """Return when the process with this id, a child or not, has ended; raise NotInTime."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], within_s)
    finally:
        os.close(descriptor)
    if not ended:
        raise NotInTime(f"process {process} did not end within {within_s:g} seconds")
