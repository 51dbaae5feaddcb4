"""Plays the whole demo against a system and draws up its report."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx
from rich.console import Console

from muster.cli.demo.faults import kill
from muster.cli.demo.inspection import count_notifications, count_offers, look_at_requests
from muster.cli.demo.progress import Progress
from muster.cli.demo.report import Evidence, Report, report_of
from muster.cli.demo.scenario import Course, Timetable, play_requests, settle
from muster.cli.world.alliance import Alliance
from muster.cli.world.client import Api, Session
from muster.cli.world.habits import Habits
from muster.cli.world.ledger import Ledger
from muster.cli.world.mail_sink import MailSink
from muster.cli.world.plans import WorldPlan
from muster.cli.world.projection import ProjectionWatch, announcements_of
from muster.cli.world.system import System
from muster.cli.world.webhooks import WebhookSink

_MAIL_QUIET_S = 1.0
_MAIL_WAIT_S = 15.0


@dataclass
class Stage:
    """Everything the players need around them."""

    console: Console
    ledger: Ledger
    course: Course
    mail: MailSink
    webhooks: WebhookSink
    habits: Habits = field(default_factory=Habits)
    timetable: Timetable = field(default_factory=Timetable)


@asynccontextmanager
async def at_work(system: System, stage: Stage, seed: int) -> AsyncIterator[Alliance]:
    """Yield an alliance that can enrol and play; it is sent home when the context ends."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Api(system.api))
        operator = Session(api, system.client_id, system.client_secret)
        alliance = Alliance(api, operator, stage.habits, stage.ledger, seed)
        stack.push_async_callback(alliance.close)
        yield alliance


async def play(
    system: System, stage: Stage, alliance: Alliance, plan: WorldPlan, faults: Sequence[str]
) -> Report:
    """Play the plan from enrolment to the end of the last request; return the report."""
    progress = Progress(stage.console, stage.course, stage.ledger, lambda: stage.mail.received)
    showing = asyncio.create_task(progress.show())
    try:
        await _enrol(system, stage, alliance, plan)
        stage.course.enter("requests")
        strikes = [_strike(system, stage, name) for name in faults]
        await play_requests(alliance, plan.requests, stage.timetable, strikes)
        stage.course.enter("settling")
        await settle(stage.ledger, stage.timetable.settle_within_s)
        stage.course.enter("inspection")
        return await _inspect(stage, alliance)
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def _enrol(system: System, stage: Stage, alliance: Alliance, plan: WorldPlan) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        watch = ProjectionWatch(http, system.worker_metrics)
        await watch.begin()
        stage.course.enter("enrolment")
        await alliance.enrol(plan)
        await alliance.begin(stage.webhooks)
        stage.course.enter("projection")
        await watch.wait(announcements_of(plan))


def _strike(system: System, stage: Stage, name: str) -> Callable[[], Awaitable[None]]:
    async def strike() -> None:
        pid = await asyncio.to_thread(kill, name, system.pids)
        stage.course.faults.append(f"killed {name} ({pid})")

    return strike


async def _inspect(stage: Stage, alliance: Alliance) -> Report:
    operator, ledger = alliance.operator, stage.ledger
    await look_at_requests(operator, ledger)
    offers = await count_offers(operator, ledger)
    await _mail_has_settled(stage.mail)
    notifications = await count_notifications(operator)
    stage.course.finish()
    seconds = dict(stage.course.seconds)
    seconds["scenario"] = sum(s for phase, s in seconds.items() if phase != "starting")
    return report_of(
        Evidence(
            ledger=ledger,
            capacities=alliance.capacities(),
            traffic=operator.api.traffic,
            offers=offers,
            notifications=notifications,
            emails_received=stage.mail.received,
            seconds=seconds,
        )
    )


async def _mail_has_settled(mail: MailSink) -> None:
    """Return when no e-mail came for a moment; what still waits is sent after the report."""
    for _ in range(int(_MAIL_WAIT_S / _MAIL_QUIET_S)):
        before = mail.received
        await asyncio.sleep(_MAIL_QUIET_S)
        if mail.received == before:
            return
