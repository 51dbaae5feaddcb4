"""`muster top`."""

import threading
from pathlib import Path

from rich.console import Console
from rich.live import Live

from muster.cli.bootstrap import topology
from muster.cli.top.looking import Eyes
from muster.cli.top.places import find_places
from muster.cli.top.screen import screen
from muster.clock import Clock, SystemClock
from muster.messaging.blueprint import queues
from muster.messaging.topology import Topology

PLAIN_WIDTH = 100  # columns where there is no terminal to ask
_NEVER = threading.Event()  # nobody sets it


def run_top(
    directory: Path | None,
    targets: Path | None,
    prometheus: str | None,
    interval: float,
    once: bool,
    console: Console | None = None,
    clock: Clock | None = None,
) -> None:
    """Show everything until Ctrl-C, or once. Raises InputUnusable if nobody says where to look."""
    places = find_places(directory, targets)
    muster = topology()
    names = [queue.name for queue in queues(muster)]
    eyes = Eyes(places, names, clock or SystemClock(), prometheus)
    out = console or _console()
    title = f"in {places.directory}" if places.directory else "by its targets"
    if once:
        out.print(screen(eyes.look(), None, muster, out.width, title))
    else:
        _go_on(out, eyes, muster, interval, title)


def _go_on(out: Console, eyes: Eyes, muster: Topology, interval: float, title: str) -> None:
    """Look again and again: in place on a terminal, one below the other elsewhere."""
    frame, before = eyes.look(), None
    try:
        if not out.is_terminal or out.is_dumb_terminal:
            while True:
                out.print(screen(frame, before, muster, out.width, title))
                out.print()
                _NEVER.wait(interval)
                frame, before = eyes.look(), frame
        with Live(console=out, screen=True, auto_refresh=False) as live:
            while True:
                live.update(screen(frame, before, muster, out.width, title), refresh=True)
                _NEVER.wait(interval)
                frame, before = eyes.look(), frame
    except KeyboardInterrupt:
        return


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_WIDTH, color_system=None)
