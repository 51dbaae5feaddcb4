"""What processes consume, as the kernel tells it: of each with its children, taken together."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KERNEL = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Vitals:
    """Memory is what a process has for itself: pages that several share count a share each."""

    memory_mb: float
    files: int  # open file descriptors, connections among them
    threads: int
    cpu_seconds: float  # since it was started


def vitals_of(pids: Mapping[str, int]) -> dict[str, Vitals]:
    """Return the vitals of these processes and their descendants.

    Who has gone counts nothing; a pid of 0 stands for a process that does not run.
    """
    children = _children()
    return {
        name: _sum(_vitals(each) for each in _family(pid, children))
        for name, pid in pids.items()
        if pid
    }


def _sum(all_of_them: Iterable[Vitals | None]) -> Vitals:
    found = [each for each in all_of_them if each is not None]
    return Vitals(
        round(sum(each.memory_mb for each in found), 3),
        sum(each.files for each in found),
        sum(each.threads for each in found),
        round(sum(each.cpu_seconds for each in found), 2),
    )


def _vitals(pid: int) -> Vitals | None:
    directory = KERNEL / str(pid)
    with suppress(OSError):
        rollup = (directory / "smaps_rollup").read_text()
        share = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        fields = (directory / "stat").read_text().rpartition(")")[2].split()
        return Vitals(
            memory_mb=int(share.split()[1]) / 1024,
            files=len(list((directory / "fd").iterdir())),
            threads=int(fields[17]),
            cpu_seconds=(int(fields[11]) + int(fields[12])) / _TICKS,
        )
    return None


def _family(pid: int, children: Mapping[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in children.get(pid, ()):
        yield from _family(child, children)


def _children() -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for directory in KERNEL.glob("[0-9]*"):
        with suppress(OSError):
            parent = (directory / "stat").read_text().rpartition(")")[2].split()[1]
            found[int(parent)].append(int(directory.name))
    return found
