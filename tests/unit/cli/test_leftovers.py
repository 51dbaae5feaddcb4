"""Processes that outlived their supervisor, in the moments when they are hard to find or to end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from muster.cli.leftovers import end_leftovers, find_marked, mark

FORGETFUL = """
import signal, time

def forget(number, frame):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

signal.signal(signal.SIGTERM, forget)
print("ready", flush=True)
time.sleep(600)
"""


def processes_in(directory: Path, environments: dict[int, bytes]) -> Path:
    """Lay out what the kernel shows of processes."""
    for pid, environment in environments.items():
        (directory / str(pid)).mkdir(parents=True)
        (directory / str(pid) / "environ").write_bytes(environment)
        (directory / str(pid) / "exe").symlink_to(sys.executable)
    return directory


def test_a_process_that_is_just_becoming_another_program_is_found(tmp_path: Path) -> None:
    """Between two programs the kernel shows no environment for a moment."""
    variable, value = next(iter(mark(tmp_path).items()))
    ours = f"HOME=/\0{variable}={value}\0".encode()
    kernel = processes_in(tmp_path / "proc", {11: b"HOME=/\0", 12: ours, 13: b""})
    looks = 0

    def look_again() -> None:
        nonlocal looks
        looks += 1
        (kernel / "13" / "environ").write_bytes(ours)

    assert find_marked(tmp_path, kernel, look_again) == [12, 13]
    assert looks == 1


def test_a_process_without_any_environment_is_not_waited_for_long(tmp_path: Path) -> None:
    """Some have none for good, and kernel threads have no program either."""
    kernel = processes_in(tmp_path / "proc", {11: b"", 12: b""})
    (kernel / "12" / "exe").unlink()
    looks: list[None] = []
    assert find_marked(tmp_path, kernel, lambda: looks.append(None)) == []
    assert 0 < len(looks) <= 20


def test_a_process_that_misses_the_first_signal_ends_by_the_next(tmp_path: Path) -> None:
    """One that came between two programs is forgotten; killing would cost it its clean end."""
    environment = dict(os.environ) | mark(tmp_path)
    command = [sys.executable, "-c", FORGETFUL]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert end_leftovers(tmp_path) == [process.pid]
        assert process.wait() == -signal.SIGTERM
