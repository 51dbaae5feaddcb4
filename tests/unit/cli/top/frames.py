"""Looks at a Muster, as a test wants them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from muster.cli.bootstrap import topology
from muster.cli.top.figures import read
from muster.cli.top.frame import Frame, Seen
from muster.cli.top.screen import screen
from muster.messaging.blueprint import queues
from muster.messaging.questions import Depth
from tests.stores import START

MUSTER = topology()


def process(name: str, *lines: str, trouble: str | None = None, started: float = 60) -> Seen:
    """A process that has run for a minute and exports these lines besides."""
    at = START.timestamp() - started
    usual = (
        f"process_start_time_seconds {at}",
        "process_cpu_seconds_total 30",
        f"process_resident_memory_bytes {100 * 1024**2}",
    )
    return Seen(name, trouble, read("\n".join([*usual, *lines]) + "\n"))


def depths(**changes: Depth | None) -> Mapping[str, Depth | None]:
    """Every queue, empty and with a worker, but for these; `__` stands for a dot."""
    usual: dict[str, Depth | None] = {queue.name: Depth(0, 1) for queue in queues(MUSTER)}
    return usual | {name.replace("__", "."): depth for name, depth in changes.items()}


def frame(*seen: Seen, later: float = 0, **changes: Any) -> Frame:
    """A look at these processes, so many seconds after the first."""
    at: datetime = START + timedelta(seconds=later)
    return Frame(at=at, processes=seen, **{"queues": depths(), **changes})


def shown(now: Frame, before: Frame | None = None, width: int = 120) -> str:
    """The screen as plain text, without spaces at the ends of its lines."""
    console = Console(width=width, color_system=None)
    with console.capture() as caught:
        console.print(screen(now, before, MUSTER, width, "here"))
    return "\n".join(line.rstrip() for line in caught.get().splitlines())


def row(text: str, name: str) -> list[str]:
    """The cells of the row that begins with this name."""
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [name])
