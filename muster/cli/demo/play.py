"""Plays the whole demo against a system and draws up its report."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from muster.cli.demo.faults import kill
from muster.cli.demo.inquiry import inquire
from muster.cli.demo.report import Evidence, report_of
from muster.cli.demo.scenario import play_requests
from muster.cli.world.alliance import Alliance
from muster.cli.world.course import Timetable, settle
from muster.cli.world.inspection import (
    count_notifications,
    count_offers,
    count_reviews,
    look_at_requests,
)
from muster.cli.world.mail_sink import MailSink
from muster.cli.world.outcome import Report
from muster.cli.world.plans import WorldPlan
from muster.cli.world.stage import Stage, form, progress_of
from muster.cli.world.system import System

_MAIL_QUIET_S = 1.0
_MAIL_WAIT_S = 15.0


async def play(
    system: System,
    stage: Stage,
    alliance: Alliance,
    plan: WorldPlan,
    timetable: Timetable,
    faults: Sequence[str],
) -> Report:
    """Play the plan from enrolment to the end of the last request; return the report."""
    async with progress_of(stage):
        await form(system, stage, alliance, plan)
        stage.course.enter("requests")
        inquiry = inquire(alliance.operator, alliance.providers, stage.ledger)
        alliance.crew.start(inquiry, "inquiry")
        strikes = [_strike(system, stage, name) for name in faults]
        await play_requests(alliance, plan.requests, timetable, strikes)
        stage.course.enter("settling")
        await settle(stage.ledger, timetable.settle_within_s)
        stage.course.enter("inspection")
        return await _inspect(stage, alliance)


def _strike(system: System, stage: Stage, name: str) -> Callable[[], Awaitable[None]]:
    async def strike() -> None:
        pid = await asyncio.to_thread(kill, name, system.pids)
        stage.course.faults.append(f"killed {name} ({pid})")

    return strike


async def _inspect(stage: Stage, alliance: Alliance) -> Report:
    operator, ledger, mail = alliance.operator, stage.ledger, stage.mail
    assert mail is not None  # a demo has one
    await look_at_requests(operator, ledger)
    offers = await count_offers(operator, ledger)
    reviews = await count_reviews(operator, {p.member.organisation_id for p in alliance.providers})
    await _mail_has_settled(mail)
    notifications = await count_notifications(operator, stage.course.started_at)
    return report_of(
        Evidence(
            ledger=ledger,
            capacities=alliance.capacities(),
            traffic=operator.api.traffic,
            offers=offers,
            reviews=reviews,
            notifications=notifications,
            emails_received=mail.received,
            seconds=stage.course.finish(),
            faults=stage.course.faults,
        )
    )


async def _mail_has_settled(mail: MailSink) -> None:
    """Return when no e-mail came for a moment; what still waits is sent after the report."""
    for _ in range(int(_MAIL_WAIT_S / _MAIL_QUIET_S)):
        before = mail.received
        await asyncio.sleep(_MAIL_QUIET_S)
        if mail.received == before:
            return
