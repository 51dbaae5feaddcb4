"""What is shown: the same on a terminal and as plain text."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from muster.cli.top.alerts import alerts
from muster.cli.top.frame import Frame
from muster.cli.top.machinery import processes, queues, services
from muster.cli.top.work import work
from muster.messaging.topology import Topology

WIDE = 150  # columns that two halves side by side take


def screen(
    frame: Frame, before: Frame | None, topology: Topology, width: int, title: str
) -> RenderableType:
    """Return everything, in two halves if there is room for them."""
    head = Text(f"Muster {title} at {frame.at:%Y-%m-%d %H:%M:%S} UTC", "bold reverse")
    left = [processes(frame, before), Text(), services(frame, before)]
    right = [queues(frame, before, topology), Text(), work(frame)]
    if width < WIDE:
        body: RenderableType = Group(*left, Text(), *right)
    else:
        body = Table.grid(padding=(0, 4))
        body.add_row(Group(*left), Group(*right))
    return Group(head, Text(), alerts(frame, topology), Text(), body)
