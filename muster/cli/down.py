"""Stops what `muster up` started, and nothing else: by its supervisor, never by name."""

import shutil
from pathlib import Path

from muster.cli.deployment import PROCESSES, kind_of
from muster.cli.files import DEFAULT_DIRECTORY
from muster.cli.running import RUN_FILE
from muster.cli.supervise import Supervisor
from muster.cli.targets import forget_targets


def stop(directory: Path = DEFAULT_DIRECTORY, *, erase: bool = False) -> bool:
    """Stop everything in good order; return whether anything ran. Idempotent.

    The processes finish what they have in hand first. Data, keys and logs stay unless `erase`.
    """
    supervisor = Supervisor(directory)
    if supervisor.alive():
        names = (process.name for process in supervisor.processes())
        supervisor.stop_all(name for name in names if kind_of(name) in PROCESSES)
    ran = supervisor.shut_down()
    (directory / RUN_FILE).unlink(missing_ok=True)
    forget_targets(directory)
    if erase and directory.exists():
        shutil.rmtree(directory)
    return ran
