"""What a benchmark found: a table for the reader, and the same as JSON for a program."""

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

Value = str | int | float | None


@dataclass(frozen=True)
class Report:
    """One table: each row names its columns. The notes say what was measured, and how to read it.

    A column's name ends with its unit, as in `time ms`; a benchmark may give several reports.
    """

    name: str
    title: str
    rows: Sequence[Mapping[str, Value]]
    notes: Sequence[str] = ()


Benchmark = Callable[[int], Iterable[Report]]
"""Measures in so many rounds; what is compared alternates within each round."""


def median(values: Iterable[float]) -> float:
    """Return the middle one, which a single slow round does not move."""
    return statistics.median(values)


def show(report: Report, console: Console) -> None:
    """Print the table and its notes."""
    table = Table(title=report.title, title_justify="left")
    for name in report.rows[0]:
        table.add_column(name, justify="right")
    for row in report.rows:
        table.add_row(*map(_cell, row.values()))
    console.print(table)
    for note in report.notes:
        console.print(f"  {note}", style="dim")


def write(reports: Iterable[Report], rounds: int, directory: Path, at: datetime) -> Path:
    """Write the reports, with what machine they are from, into a new file of the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{at:%Y%m%dT%H%M%SZ}.json"
    found = {
        "at": at.isoformat(),
        "rounds": rounds,
        "machine": {
            "processors": os.cpu_count(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
        },
        "reports": [asdict(report) for report in reports],
    }
    file.write_text(json.dumps(found, indent=2) + "\n")
    return file


def _cell(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value
