"""The simulated alliance at work: everyone enrolled, listening and answering."""

import asyncio
import random

from muster.cli.world.client import Api, Session
from muster.cli.world.crew import Crew
from muster.cli.world.enrolment import (
    Member,
    active_providers,
    declare_conflicts,
    decline_mail,
    enrol_all,
)
from muster.cli.world.enterprises import Enterprise
from muster.cli.world.habits import Habits
from muster.cli.world.ledger import Ledger
from muster.cli.world.plans import Submission, WorldPlan
from muster.cli.world.providers import Provider
from muster.cli.world.reviewer import Reviewer
from muster.cli.world.stream import LiveStream
from muster.cli.world.webhooks import WebhookSink

Player = Provider | Enterprise
_MOST_EXCLUDED = 500  # more are not allowed in one request
_WEBHOOK_EVERY = 15  # every so-manieth provider is called by webhook instead of listening


class Alliance:
    """All members and the people at their desks. `close` sends everybody home."""

    def __init__(
        self, api: Api, operator: Session, habits: Habits, ledger: Ledger, seed: int
    ) -> None:
        self.ledger = ledger
        self.operator = operator
        self.providers: list[Provider] = []
        self.enterprises: list[Enterprise] = []
        self.crew = Crew(ledger)
        self._api = api
        self._habits = habits
        self._seed = seed
        self._reviewer = Reviewer(operator, habits, ledger, self.crew, seed)
        self._connected: list[asyncio.Event] = []

    async def enrol(self, plan: WorldPlan) -> None:
        """Enrol every member of the plan through the public API."""
        strangers = await active_providers(self.operator)
        enterprises = len(plan.enterprises)
        members = await enrol_all(
            self._api, self.operator, (*plan.enterprises, *plan.providers), self.ledger.counts
        )
        self.enterprises = [Enterprise(*self._desk(m)) for m in members[:enterprises]]
        for enterprise in self.enterprises:
            enterprise.excluded_providers = strangers[:_MOST_EXCLUDED]
        self.providers = [Provider(*self._desk(m)) for m in members[enterprises:]]
        self._reviewer.take_charge_of((m.organisation_id, m.plan.number) for m in members)
        await declare_conflicts(members, plan.conflicts)

    async def begin(self, webhooks: WebhookSink | None) -> None:
        """Start listening, and return once everyone is connected."""
        if not self._habits.reads_mail:
            await asyncio.gather(*(decline_mail(p.member.session) for p in self._players()))
        enlistments = []
        for number, provider in enumerate(self.providers):
            if webhooks is not None and number % _WEBHOOK_EVERY == _WEBHOOK_EVERY - 1:
                session = provider.member.session
                enlistments.append(webhooks.enlist(session, str(number), provider.hear))
            else:
                self._listen(provider)
        for enterprise in self.enterprises:
            self._listen(enterprise)
        await asyncio.gather(*enlistments)
        for player in self._players():
            self.crew.start(player.sweep(), f"sweep of {player.member.organisation_id}")
        self.crew.start(self._reviewer.watch(), "reviews")
        await asyncio.wait_for(self._all_connected(), timeout=60)

    def submit(self, plan: Submission) -> None:
        """Let the plan's enterprise submit it, in the background."""
        self.ledger.in_hand += 1
        self.crew.start(self._submit(plan), f"request {plan.number + 1}")

    async def _submit(self, plan: Submission) -> None:
        enterprise = self.enterprises[plan.enterprise % len(self.enterprises)]
        try:
            await enterprise.submit(plan)
        except BaseException:
            self.ledger.in_hand -= 1
            raise

    async def close(self) -> None:
        """Stop everything that was started here."""
        await self.crew.dismiss()

    def capacities(self) -> dict[str, int]:
        """Return the capacity of each capability that was published."""
        return {
            capability_id: int(str(body["capacity"]))
            for provider in self.providers
            for capability_id, body in zip(
                provider.member.capability_ids, provider.member.plan.capabilities, strict=True
            )
        }

    def _players(self) -> list[Player]:
        return [*self.providers, *self.enterprises]

    def _desk(self, member: Member) -> tuple[Member, Habits, Ledger, Crew, random.Random]:
        # Each desk has its own chance, so that one desk's day does not change another's.
        rng = random.Random(f"{self._seed}/{member.plan.number}")  # noqa: S311 - repeatable
        return member, self._habits, self.ledger, self.crew, rng

    def _listen(self, player: Player) -> None:
        connected = asyncio.Event()
        self._connected.append(connected)

        def opened() -> None:
            connected.set()
            self.crew.start(player.catch_up(), f"catching up of {player.member.organisation_id}")

        stream = LiveStream(player.member.session, player.hear, opened)
        self.crew.start(stream.follow(), f"stream of {player.member.organisation_id}")

    async def _all_connected(self) -> None:
        for event in self._connected:
            await event.wait()
