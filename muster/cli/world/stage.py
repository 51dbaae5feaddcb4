"""What the players need around them, and their way onto the stage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from rich.console import Console

from muster.cli.world.alliance import Alliance
from muster.cli.world.client import Api, Session
from muster.cli.world.course import Course
from muster.cli.world.habits import Habits
from muster.cli.world.ledger import Ledger
from muster.cli.world.mail_sink import MailSink
from muster.cli.world.plans import WorldPlan
from muster.cli.world.progress import Progress
from muster.cli.world.projection import ProjectionWatch, announcements_of
from muster.cli.world.system import System
from muster.cli.world.webhooks import WebhookSink


@dataclass
class Stage:
    """The notebook, the clock, the sinks. Without a webhook sink all listen to the stream."""

    console: Console
    mail: MailSink | None = None
    webhooks: WebhookSink | None = None
    ledger: Ledger = field(default_factory=Ledger)
    course: Course = field(default_factory=Course)
    habits: Habits = field(default_factory=Habits)


@asynccontextmanager
async def at_work(system: System, stage: Stage, seed: int) -> AsyncIterator[Alliance]:
    """Yield an alliance that can enrol and play; it is sent home when the context ends."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Api(system.api))
        operator = Session(api, system.client_id, system.client_secret)
        alliance = Alliance(api, operator, stage.habits, stage.ledger, seed)
        stack.push_async_callback(alliance.close)
        yield alliance


@asynccontextmanager
async def progress_of(stage: Stage) -> AsyncIterator[None]:
    """Show progress until the context ends."""
    mail = stage.mail
    emails = None if mail is None else (lambda: mail.received)
    progress = Progress(stage.console, stage.course, stage.ledger, emails)
    showing = asyncio.create_task(progress.show())
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


async def form(system: System, stage: Stage, alliance: Alliance, plan: WorldPlan) -> None:
    """Enrol everybody, let them listen, and wait until matching knows them."""
    watch = ProjectionWatch(alliance.operator.api.http, system.worker_metrics)
    await watch.begin()
    stage.course.enter("enrolment")
    await alliance.enrol(plan)
    await alliance.begin(stage.webhooks)
    stage.course.enter("projection")
    await watch.wait(announcements_of(plan))
