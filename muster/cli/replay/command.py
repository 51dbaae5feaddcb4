"""The command `muster replay`: every incident of a file, as a request, through the system."""

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from muster.cli.deployment import Options
from muster.cli.files import write_private_json
from muster.cli.replay.play import Replay
from muster.cli.world.course import Timetable
from muster.cli.world.habits import BUSINESSLIKE
from muster.cli.world.interruption import interrupt_on_terminate, run_until_interrupted
from muster.cli.world.progress import summary_of
from muster.cli.world.stage import Stage, at_work
from muster.cli.world.system import System, system_for

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
    console = Console()
    interrupt_on_terminate()
    with system_for(options.system, None, console.print, may_run=True) as system:
        return run_until_interrupted(_run(options, system, console))


async def _run(options: ReplayOptions, system: System, console: Console) -> int:
    stage = Stage(console, habits=BUSINESSLIKE)
    async with at_work(system, stage, options.seed) as alliance:
        replay = Replay(options.file, options.limit, stage, alliance)
        report = await replay.play(system, options.seed, options.timetable)
    file = system.directory / REPORT_FILE
    write_private_json(file, report)
    console.print(summary_of({name: value for name, value in report.items() if name != "rows"}))
    console.print(f"Report, with a line for each row: {file}")
    return 1 if report["errors"] or report["lost"] or report["overbooked"] else 0
