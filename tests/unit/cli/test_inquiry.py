"""A member is suspended in the middle of the demo, flagged, and reinstated."""

import asyncio
import random
from typing import Any

from muster.cli.demo.inquiry import inquire
from muster.cli.world.client import Api, Session
from muster.cli.world.crew import Crew
from muster.cli.world.enrolment import Member
from muster.cli.world.habits import BUSINESSLIKE
from muster.cli.world.ledger import Ledger
from muster.cli.world.plans import MemberPlan
from muster.cli.world.providers import Provider
from tests.unit.cli.served import served
from tests.unit.cli.test_players import STEPS, Muster, entry, job

STANDING = "/v1/organisations/org_1/status"


class Registry:
    """A stand-in for the system: flags the one job while its provider is suspended."""

    def __init__(self) -> None:
        self.status = "active"
        self.steps_under_suspicion = 0
        self.job = job("committed")
        self.muster = Muster(
            {
                STANDING: self._move,
                "/v1/jobs/job_1": lambda _: self._shown(),
                "/v1/jobs/job_1/status": self._step,
            }
        )

    def _move(self, body: Any) -> Any:
        self.status = body["status"]
        return {}

    def _step(self, body: Any) -> Any:
        self.steps_under_suspicion += self.status == "suspended"
        self.job["status"] = body["status"]
        return self._shown()

    def _shown(self) -> Any:
        flags = [{"rule": "provider_active"}] if self.status == "suspended" else []
        return {**self.job, "flags": flags}


def test_a_suspension_flags_the_job_and_its_end_clears_the_flag() -> None:
    """The team waits meanwhile, so that the job is still there to be flagged, and then goes on."""
    registry, ledger = Registry(), Ledger()

    async def run() -> None:
        async with served(registry.muster.take) as url, Api(url, patience_s=2) as api:
            session = Session(api, "cli_1", "s")
            plan = MemberPlan(
                1, "provider", "KH", {}, capabilities=({"base": registry.job["place"]},)
            )
            crew = Crew(ledger)
            provider = Provider(
                Member(plan, "org_1", session, ("cap_1",)),
                BUSINESSLIKE,
                ledger,
                crew,
                random.Random(1),
            )
            provider.stand_by()  # until the inquiry has found it
            provider.hear(entry("muster.dispatch.job.opened.v1", job_id="job_1"))
            await inquire(session, [provider], ledger)
            await crew.finish()

    asyncio.run(run())
    moves = [body["status"] for path, body in registry.muster.sent if path == STANDING]
    assert moves == ["suspended", "active"]
    assert ledger.counts == {"suspensions": 1, "flags_raised": 1, "flags_cleared": 1}
    assert ledger.error_count == 0
    assert registry.steps_under_suspicion == 0
    assert registry.job["status"] == STEPS[-1]
