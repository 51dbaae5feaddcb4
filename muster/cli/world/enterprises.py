"""A simulated enterprise: asks for protection, approves what is proposed, follows to the end."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

from muster.cli.world.client import Json, Refused
from muster.cli.world.crew import Crew
from muster.cli.world.enrolment import Member
from muster.cli.world.habits import Habits
from muster.cli.world.ledger import Ledger, RequestTrace, instant
from muster.cli.world.plans import Body, Submission
from muster.contracts.dispatch import IncidentReported
from muster.contracts.matching import OfferCountered
from muster.contracts.vocabulary.statuses import RequestStatus

_REQUEST_EVENTS = "muster.matching.request."
_ACCEPTS_COUNTERS = 0.7
_INCIDENT_STEPS = ("triaged", "resolved", "closed")


class Enterprise:
    """The people at one enterprise's desk."""

    def __init__(
        self, member: Member, habits: Habits, ledger: Ledger, crew: Crew, rng: random.Random
    ) -> None:
        self.member = member
        self._habits = habits
        self._ledger = ledger
        self._crew = crew
        self._rng = rng
        # Members whose desks are not played by us would never answer.
        self.excluded_providers: list[str] = []
        self._own: dict[str, RequestTrace] = {}
        self._auto: set[str] = set()
        self._early: dict[str, list[tuple[Json, datetime]]] = {}  # heard before the 201 was
        self._handled: set[str] = set()  # requests approved, counters and incidents dealt with

    async def submit(self, plan: Submission) -> RequestTrace:
        """Submit a request and see to all that follows."""
        body = plan.body_at(datetime.now(UTC))
        if self.excluded_providers:
            body = {**body, "excluded_providers": self.excluded_providers}
        view = await self.member.session.post("/v1/requests", body)
        trace = self._ledger.submitted(view, plan.number)
        self._own[trace.request_id] = trace
        if view["terms"]["auto_approve"]:
            self._auto.add(trace.request_id)
        for news, at in self._early.pop(trace.request_id, []):
            self._follow(news, at)
        if plan.cancel_after_seconds is not None:
            self._crew.start(self._cancel(trace, plan.cancel_after_seconds), "cancel")
        return trace

    def hear(self, entry: Json) -> None:
        """Take one entry of the live stream."""
        kind, event = str(entry["event_type"]), entry["event"]
        if kind.startswith(_REQUEST_EVENTS):
            self._follow(event, instant(entry["occurred_at"]))
        elif kind == OfferCountered.event_type:
            self._consider_counter(str(event["offer_id"]))
        elif kind == IncidentReported.event_type:
            self._once(str(event["incident_id"]), self._resolve)

    async def catch_up(self) -> None:
        """Ask after requests that nothing was heard of for a while, and for open counters."""
        session = self.member.session
        quiet_since = datetime.now(UTC) - timedelta(seconds=self._habits.sweep_s * 0.8)
        for trace in [t for t in self._own.values() if not t.settled]:
            if trace.heard_at < quiet_since:
                view = await session.get(f"/v1/requests/{trace.request_id}")
                self._follow(view, datetime.now(UTC))
        async for offer in session.pages("/v1/offers?status=countered"):
            self._consider_counter(str(offer["offer_id"]))

    async def sweep(self) -> None:
        """Catch up now and then, for ever, so that nothing depends on the stream alone."""
        while True:
            await asyncio.sleep(self._habits.sweep_s * self._rng.uniform(0.8, 1.2))
            await self.catch_up()

    def _follow(self, news: Json, at: datetime) -> None:
        request_id, status = str(news["request_id"]), RequestStatus(news["status"])
        if request_id not in self._own:
            self._early.setdefault(request_id, []).append((news, at))
            return
        self._ledger.request_became(request_id, status, at)
        if status is RequestStatus.PROPOSED and request_id not in self._auto:
            self._once(request_id, self._approve)

    def _consider_counter(self, offer_id: str) -> None:
        self._once(offer_id, self._answer_counter)

    def _once(self, thing_id: str, act: Callable[[str], Coroutine[object, object, None]]) -> None:
        if thing_id not in self._handled:
            self._handled.add(thing_id)
            self._crew.start(act(thing_id), f"{act.__name__} {thing_id}")

    async def _approve(self, request_id: str) -> None:
        await self._think()
        if not await self._try(f"/v1/requests/{request_id}/approve", {}):
            self._handled.discard(request_id)  # it may be proposed again

    async def _answer_counter(self, offer_id: str) -> None:
        await self._think()
        if self._rng.random() < _ACCEPTS_COUNTERS:
            await self._try(f"/v1/offers/{offer_id}/accept", {})
        else:
            await self._try(f"/v1/offers/{offer_id}/decline", {"reason": "Above our budget"})

    async def _resolve(self, incident_id: str) -> None:
        for status in _INCIDENT_STEPS:
            await self._think()
            body: Body = {"status": status, "reason": "Handled by the duty desk"}
            await self._try(f"/v1/incidents/{incident_id}/status", body)

    async def _cancel(self, trace: RequestTrace, after_s: float) -> None:
        await asyncio.sleep(after_s)
        asked_at = datetime.now(UTC)
        path = f"/v1/requests/{trace.request_id}/cancel"
        if await self._try(path, {"reason": "The journey was called off"}):
            trace.cancelled_at = asked_at

    async def _try(self, path: str, body: Body) -> bool:
        try:
            await self.member.session.post(path, body)
        except Refused as refusal:
            if refusal.status != 409:  # the other side was quicker
                raise
            return False
        return True

    async def _think(self) -> None:
        await asyncio.sleep(self._rng.uniform(*self._habits.think))
