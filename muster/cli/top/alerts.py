"""What an operator is to look at first."""

from rich.console import Group, RenderableType
from rich.text import Text

from muster.cli.top.conditions import PAGE, conditions
from muster.cli.top.frame import Alert, Frame
from muster.cli.top.wording import age
from muster.messaging.topology import Topology

_SHOWN = 12


def alerts(frame: Frame, topology: Topology) -> RenderableType:
    """Return Prometheus' alerts if it tells them, else what the figures themselves say."""
    told = frame.pages
    if told is not None:
        found, source = list(told), "Prometheus"
    else:
        found, source = conditions(frame, topology), "these figures"
    lines = [Text(f"ALERTS by {source}: {len(found) or 'none'}", "bold red" if found else "bold")]
    if frame.pages_trouble is not None:
        lines.append(Text(f"  {frame.pages_trouble}", "yellow"))
    lines += [_line(alert, frame) for alert in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(Text(f"  … and {len(found) - _SHOWN} more"))
    return Group(*lines)


def _line(alert: Alert, frame: Frame) -> Text:
    since = f" for {age((frame.at - alert.since).total_seconds())}" if alert.since else ""
    todo = f" → {alert.runbook}" if alert.runbook else ""
    words = f"  {alert.severity:<8} {alert.name}{since}: {alert.summary}{todo}"
    return Text(words, "red" if alert.severity in (PAGE, "critical") else "yellow")
