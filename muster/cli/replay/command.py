"""The command `muster replay`: every incident of a file, as a request, through the system."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from muster.cli.deployment import Options
from muster.cli.files import write_private_json
from muster.cli.replay.play import Replay
from muster.cli.world.course import Timetable
from muster.cli.world.habits import BUSINESSLIKE
from muster.cli.world.interruption import run_until_interrupted
from muster.cli.world.mail_sink import MailSink, mail_sink
from muster.cli.world.progress import summary_of
from muster.cli.world.stage import Stage, at_work
from muster.cli.world.system import System, running_system, scenario_settings, start_system

REPORT_FILE = "replay-report.json"
# Enough requests at once for the matcher to have a choice, few enough for everyone to keep up.
_TIMETABLE = Timetable(at_most_unsettled=250, settle_within_s=300)


@dataclass(frozen=True)
class ReplayOptions:
    """Which file, how much of it, and where the system is or shall be."""

    system: Options
    file: Path
    limit: int | None = None
    seed: int = 2026
    timetable: Timetable = field(default=_TIMETABLE)


def run_replay(options: ReplayOptions) -> int:
    """Replay the file; return the exit code: 1 if a request was lost or a step failed."""
    return run_until_interrupted(_run(options))


async def _run(options: ReplayOptions) -> int:
    console = Console()
    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(mail_sink())
        system = await _system(options.system, mail, console, stack)
        stage = Stage(console, mail, habits=BUSINESSLIKE)
        alliance = await stack.enter_async_context(at_work(system, stage, options.seed))
        replay = Replay(options.file, options.limit, stage, alliance)
        report = await replay.play(system, options.seed, options.timetable)
        file = system.directory / REPORT_FILE
        write_private_json(file, report)
        console.print(summary_of({name: v for name, v in report.items() if name != "rows"}))
        console.print(f"Report, with a line for each row: {file}")
    return 1 if report["errors"] or report["lost"] or report["overbooked"] else 0


async def _system(
    options: Options, mail: MailSink, console: Console, stack: AsyncExitStack
) -> System:
    """Return the system that runs, or start one and stop it with the stack."""
    found = await asyncio.to_thread(running_system, options.directory)
    if found is not None:
        console.print(f"Using the Muster that runs at {found.api}")
        return found
    settings = scenario_settings(mail.port)
    system = await asyncio.to_thread(start_system, options, settings, console.print)
    stack.push_async_callback(asyncio.to_thread, system.shut_down)
    return system
