"""Is every process of this machine ready?"""

from collections.abc import Iterator

from muster.cli.doctor.finding import Finding, trouble, well
from muster.cli.doctor.patient import Patient


def check(patient: Patient) -> Iterator[Finding]:
    """Yield every process that is not ready, with the reason."""
    if patient.directory is None:
        return
    if not patient.processes:
        yield trouble(f"The Muster in {patient.directory} does not run", "Start it: `muster up`.")
        return
    for process in patient.processes:
        if process.why_not_ready is not None:
            yield trouble(
                f"{process.name} is not ready: {process.why_not_ready}",
                f"Mend what it names; {patient.directory / 'log' / process.name}.log says more.",
            )
    if ready := [each.name for each in patient.processes if each.why_not_ready is None]:
        yield well(f"Ready: {', '.join(ready)}")
