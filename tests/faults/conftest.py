"""The patients, and the table of how they recovered."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.patient import Patient, admitted
from tests.load import Accounting
from tests.reports import keep_report

FIGURES = pytest.StashKey[dict[str, dict[str, Any]]]()


class Ward:
    """Where the patient on one kind of store is, and what was measured of it is kept."""

    def __init__(self, store: str, config: pytest.Config) -> None:
        self.store = store
        self._figures = config.stash.setdefault(FIGURES, {})

    def discharge(self, patient: Patient) -> Accounting:
        """Return the accounts, and keep the report, even if it is not as it should be."""
        accounting = patient.discharge()
        told = {"faults": patient.figures(), "accounting": accounting.as_json()}
        self._figures[self.store] = told
        keep_report("faults", self._figures)
        return accounting


@pytest.fixture(scope="module")
def ward(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Ward:
    """Return the ward for the store that the module names."""
    return Ward(request.module.STORE, pytestconfig)


@pytest.fixture(scope="module")
def patient(ward: Ward) -> Iterator[Patient]:
    """Admit a Muster under load."""
    with admitted(ward.store) as patient:
        yield patient


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how long recovery took."""
    for store, figures in terminalreporter.config.stash.get(FIGURES, {}).items():
        terminalreporter.section(f"recovery on {store}, in seconds from the fault")
        for row in figures["faults"]:
            terminalreporter.line(
                f"{row['fault']:<42}{row['recovered_s']:>8.1f}"
                f"   lasted {row['lasted_s']:>5.1f}   redelivered {row['redelivered']:>5}"
            )
        told = figures["accounting"]
        terminalreporter.line(
            "   ".join(
                f"{name} {told[name]}"
                for name in ("attempted", "acknowledged", "lost", "doubled", "overbooked")
            )
        )
