"""A simulated provider: hears of offers and jobs, answers, and does the work."""

import asyncio
import random
from datetime import UTC, datetime

from muster.cli.world.client import Json, Refused
from muster.cli.world.crew import Crew
from muster.cli.world.enrolment import Member
from muster.cli.world.fieldwork import Fieldwork
from muster.cli.world.habits import Answer, Habits
from muster.cli.world.ledger import Ledger, instant
from muster.cli.world.plans import Body
from muster.contracts.dispatch import CheckInMissed, JobOpened
from muster.contracts.matching import OfferSent

_COUNTER_PERCENT = 110


class Provider:
    """The people at one provider's desk."""

    def __init__(
        self, member: Member, habits: Habits, ledger: Ledger, crew: Crew, rng: random.Random
    ) -> None:
        self.member = member
        self._habits = habits
        self._ledger = ledger
        self._crew = crew
        self._rng = rng
        self._offers_seen: set[str] = set()
        self._jobs_seen: set[str] = set()
        self.travelling: dict[str, None] = {}  # jobs under way that are not done from a desk
        self._may_act = asyncio.Event()
        self._may_act.set()

    def stand_by(self) -> None:
        """Let every team wait where it is."""
        self._may_act.clear()

    def carry_on(self) -> None:
        """Let every team go on."""
        self._may_act.set()

    def hear(self, entry: Json) -> None:
        """Take one entry of the live stream, or of a webhook."""
        kind, event = entry["event_type"], entry["event"]
        if kind == OfferSent.event_type:
            self._consider(event, instant(entry["occurred_at"]))
        elif kind == JobOpened.event_type:
            self._take_on(str(event["job_id"]), None)
        elif kind == CheckInMissed.event_type:
            self._ledger.counts["check_ins_missed"] += 1

    async def catch_up(self) -> None:
        """Ask for what a broken stream may have kept from us."""
        session = self.member.session
        async for offer in session.pages("/v1/offers?status=sent"):
            self._consider(offer, datetime.now(UTC))
        async for job in session.pages("/v1/jobs?status=committed"):
            self._take_on(str(job["job_id"]), job)

    async def sweep(self) -> None:
        """Catch up now and then, for ever, so that nothing depends on the stream alone."""
        while True:
            await asyncio.sleep(self._habits.sweep_s * self._rng.uniform(0.8, 1.2))
            await self.catch_up()

    def _consider(self, offer: Json, heard_at: datetime) -> None:
        offer_id = str(offer["offer_id"])
        if offer_id in self._offers_seen:
            return
        self._offers_seen.add(offer_id)
        self._ledger.offered(str(offer["request_id"]), heard_at)
        answer = self._habits.answer(str(offer["urgency"]), self._rng)
        if answer is Answer.SILENCE:
            self._ledger.offers["silence"] += 1
            return
        self._crew.start(self._answer(offer_id, answer, offer["price"]), f"{answer} {offer_id}")

    async def _answer(self, offer_id: str, answer: Answer, price: Json) -> None:
        await asyncio.sleep(self._rng.uniform(*self._habits.think))
        try:
            await self.member.session.post(
                f"/v1/offers/{offer_id}/{answer}", _answer_body(answer, price)
            )
        except Refused as refusal:
            if refusal.status != 409:  # withdrawn or expired while we were thinking
                raise
            self._ledger.offers["too_late"] += 1
            return
        self._ledger.offers[answer.value] += 1

    def _take_on(self, job_id: str, job: Json | None) -> None:
        if job_id not in self._jobs_seen:
            self._jobs_seen.add(job_id)
            self._ledger.jobs["opened"] += 1
            self._crew.start(self._carry_out(job_id, job), f"job {job_id}")

    async def _carry_out(self, job_id: str, job: Json | None) -> None:
        session = self.member.session
        base: Json = self._base()
        work = Fieldwork(session, self._habits, self._ledger, self._rng, base, self._may_act)
        job = job or await session.get(f"/v1/jobs/{job_id}")
        if not job["remote"]:
            self.travelling[job_id] = None
        try:
            await work.carry_out(job)
        finally:
            self.travelling.pop(job_id, None)

    def _base(self) -> Json:
        place = self.member.plan.capabilities[0]["base"]
        assert isinstance(place, dict)
        position: Json = place["position"]
        return position


def _answer_body(answer: Answer, price: Json) -> Body:
    if answer is Answer.DECLINE:
        return {"reason": "Team is needed elsewhere"}
    if answer is Answer.COUNTER:
        amount = price["amount"]
        dearer = amount["minor_units"] * _COUNTER_PERCENT // 100
        return {
            "price": {**price, "amount": {**amount, "minor_units": dearer}},
            "reason": "Short notice",
        }
    return {}
