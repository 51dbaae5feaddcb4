"""Goes through all checks, in the order in which one would mend what they find."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from muster.cli.doctor.checks import (
    bindings,
    broker,
    clocks,
    databases,
    disk,
    keys,
    letters,
    migrations,
    permissions,
    processes,
    rights,
    rules,
    secret_files,
    topology,
)
from muster.cli.doctor.finding import Finding, Level, unknown
from muster.cli.doctor.patient import Patient

Check = Callable[[Patient], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "secrets": secret_files.check,
    "token keys": keys.check,
    "rules": rules.check,
    "disk": disk.check,
    "databases": databases.check,
    "migrations": migrations.check,
    "database rights": rights.check,
    "broker": broker.check,
    "topology": topology.check,
    "bindings": bindings.check,
    "broker rights": permissions.check,
    "queues": letters.check,
    "clocks": clocks.check,
    "processes": processes.check,
}


@dataclass(frozen=True)
class Checked:
    """What one check found."""

    check: str
    findings: tuple[Finding, ...]

    @property
    def in_trouble(self) -> bool:
        """Tell whether something has to be done."""
        return any(finding.level is Level.TROUBLE for finding in self.findings)


def examine(patient: Patient) -> Iterator[Checked]:
    """Yield what each check finds; one that fails on the way says so and holds up no other."""
    for name, check in CHECKS.items():
        yield Checked(name, tuple(_findings(check, patient)))


def anything_wrong(checked: Iterable[Checked]) -> bool:
    """Tell whether any check found something that has to be done."""
    return any(each.in_trouble for each in checked)


def _findings(check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except Exception as error:  # whatever it is: the other checks still have something to say
        yield unknown(f"This could not be looked at to the end: {type(error).__name__}: {error}")
