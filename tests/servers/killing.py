"""Ending a program of a supervisor as a power cut would, and keeping it down."""

import os
import signal
from contextlib import suppress

from muster.cli.supervise import Supervisor
from tests.waiting import eventually


def kill_and_keep_down(supervisor: Supervisor, name: str) -> None:
    """Kill a program and return once it has ended for good.

    Told to stop first, the supervisor would ask the program politely; so it is told afterwards. It
    may have started it again by then: one that still starts can take minutes over a polite end, so
    that one is killed, too.
    """
    _kill(supervisor, name)
    supervisor.stop(name)
    eventually(lambda: not _kill(supervisor, name), within_s=60)


def _kill(supervisor: Supervisor, name: str) -> bool:
    """Kill the process of this name, if there is one; return whether there was."""
    pid = next(process.pid for process in supervisor.processes() if process.name == name)
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(pid)
