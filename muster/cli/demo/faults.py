"""Faults on purpose: processes of the running system killed in the middle of the scenario."""

import os
import signal
from collections.abc import Callable, Iterable, Mapping

from muster.cli.errors import CannotRun

Pids = Callable[[], Mapping[str, int]]


class UnknownProcess(CannotRun):
    """A fault was asked for in a process that does not run."""


def check_faults(names: Iterable[str], pids: Pids) -> list[str]:
    """Return the names, or raise UnknownProcess for one that no running process has."""
    wanted = [name.strip() for name in names if name.strip()]
    running = sorted(pids())
    if unknown := [name for name in wanted if name not in running]:
        raise UnknownProcess(f"no process is named {unknown}; choose from {running}")
    return wanted


def kill(name: str, pids: Pids) -> int:
    """Kill the process of this name as a crash would; return the pid it had."""
    pid = pids()[name]
    os.kill(pid, signal.SIGKILL)
    return pid
