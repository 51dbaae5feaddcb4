"""Run benchmarks, one after another: python -m benchmarks [NAME...] [--rounds N]."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.report import Benchmark, show, write

NAMES = (
    "allocation",
    "search",
    "search_million",
    "journeys",
    "growth",
    "pipeline",
    "observability",
)
"""Each is a module of this package with a function `run` that is a `Benchmark`."""

_WIDTH = 110


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Of {', '.join(NAMES)}; all if left out.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Figures are medians of so many.")] = 5,
    output: Annotated[Path, typer.Option(help="Where the results are kept as JSON.")] = Path(
        ".muster/bench"
    ),
) -> None:
    """Measure, print tables, and keep the figures."""
    if unknown := sorted(set(names or ()) - set(NAMES)):
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(NAMES)}.")
    console = Console()
    console.width = max(console.width, _WIDTH)
    reports = []
    for name in names or NAMES:
        benchmark: Benchmark = import_module(f"benchmarks.{name}").run
        for report in benchmark(rounds):
            show(report, console)
            reports.append(report)
    console.print(f"Kept in {write(reports, rounds, output, datetime.now(UTC))}")


if __name__ == "__main__":
    typer.run(main)
