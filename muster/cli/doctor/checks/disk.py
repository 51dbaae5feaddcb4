"""Is there room where data is kept?"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Patient

LEAST_BYTES = 1024**3
LEAST_SHARE = 0.05
_GIBI = 1024**3


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every data directory that is full, or cannot be written to."""
    for directory in patient.data_directories:
        if not directory.is_dir():
            yield trouble(
                f"There is no directory {directory} for data",
                "`muster migrate`, or `muster up`, makes it; or correct MUSTER_DATABASE_URL.",
            )
        elif not os.access(directory, os.W_OK | os.X_OK):
            yield trouble(
                f"This user may not write to {directory}",
                "Run as the user whom the data belongs to, or give the directory to this one.",
            )
        else:
            yield _room(directory)


def _room(directory: Path) -> Finding:
    usage = shutil.disk_usage(directory)
    left = f"{usage.free / _GIBI:.1f} GiB of {usage.total / _GIBI:.1f} are free at {directory}"
    if usage.free < max(LEAST_BYTES, LEAST_SHARE * usage.total):
        return trouble(f"Only {left}", "Make room, or move the data to a larger disk, soon.")
    return well(left)
