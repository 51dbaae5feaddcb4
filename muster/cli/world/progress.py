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
from muster.cli.world.outcome import CONFIRMED, Report
from muster.contracts.vocabulary.statuses import RequestStatus

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
            head = f"{monotonic() - self._began:4.0f} s  {self._course.phase:<10}"
            self._console.out(head, " · ".join(self._line()), highlight=False)
            await asyncio.sleep(_LINE_EVERY_S)

    def _line(self) -> Iterator[str]:
        statuses, jobs = self._ledger.statuses(), self._ledger.jobs
        if statuses:
            confirmed = sum(statuses[status] for status in CONFIRMED)
            unfilled = statuses[RequestStatus.UNFILLED]
            yield f"{statuses.total()} submitted, {confirmed} confirmed, {unfilled} unfilled"
            yield f"{jobs['opened']} jobs, {jobs['completed']} completed"
            if self._emails is not None:
                yield f"{self._emails()} e-mails"
        else:
            yield self._enrolled()
        yield from (f"{what}: {how}" for what, how in self._trouble())

    @contextmanager
    def _live(self) -> Iterator[Live]:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            yield live

    def _table(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for what, how in self._rows():
            table.add_row(Text(what, style="bold"), Text(how))
        return Group(table)

    def _rows(self) -> Iterator[tuple[str, str]]:
        ledger = self._ledger
        yield "now", f"{self._course.phase} ({monotonic() - self._began:.0f} s)"
        yield "enrolled", self._enrolled()
        yield "requests", _counted(ledger.statuses()) or "none yet"
        yield "answers", _counted(ledger.offers) or "none yet"
        yield "jobs", _counted(ledger.jobs) or "none yet"
        if self._emails is not None:
            webhooks = ledger.counts["webhooks_received"]
            yield "told", f"{self._emails()} e-mails, {webhooks} webhooks"
        yield from self._trouble()

    def _enrolled(self) -> str:
        counts = self._ledger.counts
        return f"{counts['members']} members, {counts['capabilities']} capabilities"

    def _trouble(self) -> Iterator[tuple[str, str]]:
        if self._course.faults:
            yield "faults", ", ".join(self._course.faults)
        if self._ledger.error_count:
            samples = self._ledger.error_samples
            yield "errors", f"{self._ledger.error_count}, such as {samples[-1]}"


def _counted(counts: dict[str, int]) -> str:
    named = ((name.replace("_", " "), number) for name, number in sorted(counts.items()))
    return ", ".join(f"{number} {name}" for name, number in named if number)


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
