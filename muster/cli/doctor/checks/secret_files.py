"""Can only those who have to read the files with secrets?"""

import stat
from collections.abc import Iterator
from pathlib import Path

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Patient

# A container's secrets are mounted here; whoever is in the container is Muster.
_MOUNTED = Path("/run/secrets")


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every secret that others on this machine can read, or that we cannot."""
    troubles = [found for file in patient.secret_files for found in _look_at(file)]
    yield from troubles
    if patient.secret_files and not troubles:
        yield well(f"Nobody else can read the {len(patient.secret_files)} file(s) with secrets")


def _look_at(file: Path) -> Iterator[Finding]:
    try:
        mode = file.stat().st_mode
        file.open("rb").close()
    except OSError as error:
        yield trouble(
            f"{file} cannot be read: {error.strerror}",
            "Make it, or give it to the user Muster runs as.",
        )
        return
    if _MOUNTED in file.parents:
        return
    if mode & (stat.S_IROTH | stat.S_IWOTH) and _others_get_there(file):
        yield trouble(f"Everybody on this machine can get at {file}", f"chmod 600 {file}")


def _others_get_there(file: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in file.resolve().parents)
