"""Carrying out a job: the steps to its end, and the reports a team sends on the way."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime

from muster.cli.world.client import Json, Refused, Session
from muster.cli.world.habits import Habits
from muster.cli.world.ledger import Ledger, instant
from muster.cli.world.plans import Body
from muster.contracts.vocabulary.statuses import JOB, JobStatus

_TRAVELLING = (
    "committed",
    "acknowledged",
    "mobilising",
    "en_route",
    "on_scene",
    "in_service",
    "released",
    "completed",
)
_AT_A_DESK = ("committed", "acknowledged", "in_service", "released", "completed")
_CLOSELY_WATCHED_S = 60  # a check-in due within this is worth acting out in a short scenario
_SUMMARIES = ("Vehicle broke down", "Crowd on the route", "Principal fell ill", "Road blocked")


def route_of(job: Json) -> Sequence[str]:
    """Return the steps a job takes from commitment to its end."""
    return _AT_A_DESK if job["remote"] else _TRAVELLING


def next_step(job: Json) -> str | None:
    """Return the step after the job's present one, or None when it has ended."""
    status = str(job["status"])
    if JOB.is_final(JobStatus(status)):
        return None
    route = route_of(job)
    return route[route.index(status) + 1]


class Fieldwork:
    """Drives one job to its end as its provider's team would, while it `may_act`."""

    def __init__(
        self,
        session: Session,
        habits: Habits,
        ledger: Ledger,
        rng: random.Random,
        base: Body,
        may_act: asyncio.Event,
    ) -> None:
        self._session = session
        self._habits = habits
        self._ledger = ledger
        self._rng = rng
        self._base = base
        self._may_act = may_act

    async def carry_out(self, job: Json) -> None:
        """Report every step until the job is final, whoever made it so."""
        sent_at = datetime.now(UTC)
        while (step := next_step(job)) is not None:
            await asyncio.sleep(self._rng.uniform(*self._habits.step))
            await self._may_act.wait()
            sent_at = datetime.now(UTC)
            job = await self._report(job, step)
            await self._on_the_way(job)
        status, request_id = str(job["status"]), str(job["request_id"])
        self._ledger.job_ended(request_id, str(job["provider_id"]), status, sent_at)

    async def _report(self, job: Json, step: str) -> Json:
        path = f"/v1/jobs/{job['job_id']}"
        try:
            return await self._post(f"{path}/status", {"status": step})
        except Refused as refusal:
            if refusal.status != 409:
                raise
        present = await self._session.get(path)
        if present["status"] == job["status"]:
            raise RuntimeError(f"a job that is {job['status']} was refused the step to {step}")
        return present

    async def _on_the_way(self, job: Json) -> None:
        status = job["status"]
        if status in ("en_route", "on_scene") and self._habits.reports_positions:
            await self._send(job, "positions", {"position": self._position(job)})
        elif status == "in_service" and not job["remote"]:
            await self._serve(job)

    async def _serve(self, job: Json) -> None:
        if self._rng.random() < self._habits.incidents:
            self._ledger.counts["incidents"] += 1
            await self._send(job, "incidents", self._incident(job))
        due_at = job.get("next_check_in_due_at")
        if due_at is None or not self._habits.reports_positions:
            return
        seconds = (instant(due_at) - datetime.now(UTC)).total_seconds()
        if seconds < _CLOSELY_WATCHED_S:
            misses = self._rng.random() < self._habits.misses_check_ins
            # The server allows some grace; a team that misses one reports after that.
            await asyncio.sleep(max(0.0, seconds + 4 if misses else seconds / 2))
        await self._send(job, "check-ins", {"position": job["place"]["position"]})

    async def _send(self, job: Json, report: str, body: Body) -> None:
        try:
            await self._post(f"/v1/jobs/{job['job_id']}/{report}", body)
        except Refused as refusal:
            if refusal.status != 409:  # cancelled meanwhile: the next step will find out
                raise

    async def _post(self, path: str, body: Body) -> Json:
        async with self._session.api.field_lane:
            return await self._session.post(path, body)

    def _position(self, job: Json) -> Body:
        there: Json = job["place"]["position"]
        if job["status"] == "on_scene":
            return there
        here = self._base
        return {
            axis: (float(str(here[axis])) + float(there[axis])) / 2
            for axis in ("latitude", "longitude")
        }

    def _incident(self, job: Json) -> Body:
        sos = self._rng.random() < 0.1
        return {
            "severity": "extreme" if sos else self._rng.choice(["minor", "moderate", "severe"]),
            "sos": sos,
            "summary": self._rng.choice(_SUMMARIES),
            "position": job["place"]["position"],
        }
