"""Progress on the terminal while the scenario runs, and its summary afterwards."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from muster.cli.world.course import Course
from muster.cli.world.ledger import Ledger
from muster.cli.world.outcome import Report

_EVERY_S = 0.5
_LINE_EVERY_S = 5.0  # where there is no terminal to redraw on

Emails = Callable[[], int] | None


class Progress:
    """Shows the course of a scenario until its context ends."""

    def __init__(self, console: Console, course: Course, ledger: Ledger, emails: Emails) -> None:
        self._console = console
        self._course = course
        self._ledger = ledger
        self._emails = emails
        self._began = monotonic()

    async def show(self) -> None:
        """Show until cancelled."""
        if not self._console.is_terminal:
            await self._lines()
        with self._live() as live:
            while True:
                live.update(self._table(), refresh=True)
                await asyncio.sleep(_EVERY_S)

    async def _lines(self) -> None:
        while True:
            self._console.print(" · ".join(f"{what}: {how}" for what, how in self._rows()))
            await asyncio.sleep(_LINE_EVERY_S)

    @contextmanager
    def _live(self) -> Iterator[Live]:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            yield live

    def _table(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for what, how in self._rows():
            table.add_row(Text(what, style="bold"), how)
        return Group(table)

    def _rows(self) -> Iterator[tuple[str, str]]:
        ledger = self._ledger
        yield "now", f"{self._course.phase} ({monotonic() - self._began:.0f} s)"
        members, capabilities = ledger.counts["members"], ledger.counts["capabilities"]
        yield "enrolled", f"{members} members, {capabilities} capabilities"
        yield "requests", _counted(ledger.statuses()) or "none yet"
        yield "answers", _counted(ledger.offers) or "none yet"
        yield "jobs", _counted(ledger.jobs) or "none yet"
        if self._emails is not None:
            webhooks = ledger.counts["webhooks_received"]
            yield "told", f"{self._emails()} e-mails, {webhooks} webhooks"
        if self._course.faults:
            yield "faults", ", ".join(self._course.faults)
        if ledger.error_count:
            yield "errors", f"{ledger.error_count}, such as {ledger.error_samples[-1]}"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()) if number)


def summary_of(report: Report) -> Table:
    """Return the report as a table for people."""
    table = Table(title="Summary", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for name, value in report.items():
        if value not in ([], {}):
            table.add_row(name.replace("_", " "), _cell(value))
    return table


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name.replace('_', ' ')}: {_flat(v)}" for name, v in value.items())
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return str(value)


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return str(value)
