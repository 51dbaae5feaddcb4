"""Plays every row of the file against a system and draws up the report."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from muster.cli.errors import CannotRun
from muster.cli.replay.fleet import fleet
from muster.cli.replay.report import Evidence, RowOutcome, Rows, report_of
from muster.cli.replay.requests import DatedRequest, request_of
from muster.cli.replay.rows import Impossible, first_day, incident_of, open_rows
from muster.cli.world.alliance import Alliance
from muster.cli.world.client import Refused
from muster.cli.world.course import LOOK_EVERY_S, Timetable, settle
from muster.cli.world.inspection import look_at_requests
from muster.cli.world.outcome import Report
from muster.cli.world.stage import Stage, form, progress_of
from muster.cli.world.system import System

_FIRST_ROW_IN = timedelta(days=2)


class Replay:
    """One replay of one file."""

    def __init__(self, file: Path, limit: int | None, stage: Stage, alliance: Alliance) -> None:
        self._file = file
        self._limit = limit
        self._stage = stage
        self._alliance = alliance
        self._rows = Rows()

    async def play(self, system: System, seed: int, timetable: Timetable) -> Report:
        """Submit each row that can be a request, follow all to their ends; return the report."""
        now = datetime.now(UTC)
        shift = shift_for(self._file, now)
        stage = self._stage
        async with progress_of(stage):
            await form(system, stage, self._alliance, fleet(seed, now))
            stage.course.enter("rows")
            await self._submit_all(shift, timetable)
            stage.course.enter("settling")
            await settle(stage.ledger, timetable.settle_within_s)
            stage.course.enter("inspection")
            await look_at_requests(self._alliance.operator, stage.ledger)
        return report_of(
            Evidence(
                file=self._file,
                rows=self._rows,
                ledger=stage.ledger,
                capacities=self._alliance.capacities(),
                traffic=self._alliance.operator.api.traffic,
                time_shift_days=shift.days,
                seconds=stage.course.finish(),
            )
        )

    async def _submit_all(self, shift: timedelta, timetable: Timetable) -> None:
        ledger, enterprises = self._stage.ledger, len(self._alliance.enterprises)
        with open_rows(self._file) as rows:
            for number, row in islice(rows, self._limit):
                self._rows.read += 1
                try:
                    incident = incident_of(number, row)
                except Impossible as error:
                    self._reject(number, RowOutcome.IMPOSSIBLE, str(error))
                    continue
                while ledger.in_hand >= timetable.at_most_unsettled:
                    await asyncio.sleep(LOOK_EVERY_S)
                ledger.in_hand += 1
                request = request_of(incident, shift, enterprises)
                self._alliance.crew.start(self._submit(request), f"row {number}")
                await asyncio.sleep(0)  # the others play on

    async def _submit(self, request: DatedRequest) -> None:
        enterprise = self._alliance.enterprises[request.enterprise]
        try:
            trace = await enterprise.submit(request)
        except Refused as refusal:
            self._stage.ledger.in_hand -= 1
            self._reject(request.number, RowOutcome.REFUSED, reason_in(refusal))
            if refusal.status != 422:
                raise
        except BaseException:
            self._stage.ledger.in_hand -= 1
            self._reject(request.number, RowOutcome.FAILED, "the API gave no answer")
            raise
        else:
            self._rows.submitted[request.number] = trace.request_id

    def _reject(self, number: int, outcome: RowOutcome, reason: str) -> None:
        self._rows.rejected[number] = (outcome, reason)
        self._stage.ledger.counts[outcome.value] += 1


def shift_for(file: Path, now: datetime) -> timedelta:
    """Return the whole days by which every row is moved, so that the first lies soon ahead."""
    first = first_day(file)
    if first is None:
        raise CannotRun(f"{file} has no row with a readable date (YYYY-MM-DD).")
    return (now + _FIRST_ROW_IN).date() - first


def reason_in(refusal: Refused) -> str:
    """Return why the API would not take a request, field by field where it says so."""
    fields = refusal.problem.get("errors") or ()
    told = [f"{error.get('field')}: {error.get('problem')}" for error in fields]
    return "; ".join(told) or str(refusal.problem.get("detail", refusal.status))
