"""The processor time that a process and its offspring have taken."""

import os
import re
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and all it started, the ended ones too."""
    children: dict[int, list[int]] = {}
    times: dict[int, tuple[int, int]] = {}  # own; of the children it has buried
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            fields = re.sub(r"^.*\) ", "", (entry / "stat").read_text()).split()
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            times[int(entry.name)] = (
                int(fields[11]) + int(fields[12]),
                int(fields[13]) + int(fields[14]),
            )
    total, left = 0, [pid]
    while left:
        each = left.pop()
        total += sum(times.get(each, (0, 0)))
        left += children.get(each, [])
    return total / TICKS
