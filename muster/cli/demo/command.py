"""The command `muster demo`: a system, sinks for what it sends, and the scenario."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console

from muster.cli.demo.faults import check_faults
from muster.cli.demo.play import play
from muster.cli.demo.report import failed
from muster.cli.deployment import Options
from muster.cli.files import write_private_json
from muster.cli.world.course import Timetable
from muster.cli.world.generation import generate_world
from muster.cli.world.interruption import interrupt_on_terminate, run_until_interrupted
from muster.cli.world.ledger import Ledger
from muster.cli.world.mail_sink import mail_sink, mail_socket
from muster.cli.world.outcome import Report
from muster.cli.world.progress import summary_of
from muster.cli.world.stage import Stage, at_work
from muster.cli.world.system import System, system_for
from muster.cli.world.webhooks import webhook_sink

REPORT_FILE = "demo-report.json"


@dataclass(frozen=True)
class DemoOptions:
    """How large a demo, how fast, and what is to go wrong."""

    system: Options
    leave: bool = False  # end after the summary
    members: int = 120
    capabilities: int = 600
    requests: int = 300
    seed: int = 2026
    faults: Sequence[str] = ()
    timetable: Timetable = field(default_factory=Timetable)


def run_demo(options: DemoOptions) -> int:
    """Run the demo; return its exit code: 1 if a request was lost or a step failed."""
    console = Console()
    interrupt_on_terminate()
    with mail_socket() as mailbox:
        port = mailbox.getsockname()[1]
        with system_for(options.system, port, console.print, may_run=False) as system:
            return run_until_interrupted(_run(options, system, mailbox, console))


async def _run(
    options: DemoOptions, system: System, mailbox: socket.socket, console: Console
) -> int:
    faults = check_faults(options.faults, system.pids)
    ledger = Ledger()
    async with (
        mail_sink(mailbox) as mail,
        webhook_sink(ledger) as webhooks,
    ):
        stage = Stage(console, mail, webhooks, ledger)
        async with at_work(system, stage, options.seed) as alliance:
            plan = generate_world(
                options.seed,
                datetime.now(UTC),
                options.members,
                options.capabilities,
                options.requests,
            )
            report = await play(system, stage, alliance, plan, options.timetable, faults)
            _publish(report, system, console)
            if not options.leave:
                await _stay(system, console)
    return 1 if failed(report) else 0


def _publish(report: Report, system: System, console: Console) -> None:
    file = system.directory / REPORT_FILE
    write_private_json(file, report)
    console.print(summary_of(report))
    console.print(f"Report: {file}")


async def _stay(system: System, console: Console) -> None:
    console.print(f"\nMuster is up: {system.api}/openapi.json   Press Ctrl-C to stop it.")
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
