"""The patients, and the table of how they recovered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.patient import Patient, admitted
from tests.load import Accounting
from tests.reports import keep_report

FIGURES = pytest.StashKey[dict[str, dict[str, Any]]]()


class Ward:
    """Keeps what was measured of each patient."""

    def __init__(self, config: pytest.Config) -> None:
        self._figures = config.stash.setdefault(FIGURES, {})

    @contextmanager
    def patient(self, store: str) -> Iterator[Patient]:
        """Admit a patient on this kind of store."""
        with admitted(store) as patient:
            yield patient

    def keep(self, store: str, patient: Patient, accounting: Accounting) -> None:
        """Keep the report, even if it is not as it should be."""
        self._figures[store] = {"faults": patient.figures(), "accounting": accounting.as_json()}
        keep_report("faults", self._figures)


@pytest.fixture(scope="module")
def ward(pytestconfig: pytest.Config) -> Ward:
    """Where patients are."""
    return Ward(pytestconfig)


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
