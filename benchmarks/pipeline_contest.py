"""One round of one contestant: start it, warm it up, hold it, fill its queue, release it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pipeline_arena import Arena, Servers, counted_rows
from benchmarks.pipeline_contestants import Contestant
from benchmarks.processor_time import cpu_seconds

WARM_UP = 50
FAILING = 50
FAILING_PATIENCE_S = 20.0
HOPS = 3


@dataclass(frozen=True)
class Result:
    """What one round gave."""

    seconds: float
    messages: int
    cpu_seconds: Mapping[str, float]  # by process
    rows: int  # expected: messages x hops
    doubled: int
    arrived: int

    @property
    def hops_per_second(self) -> float:
        """Return the hops of all messages by the time from first to last."""
        return self.messages * HOPS / self.seconds

    def cpu_of(self, part: str) -> float:
        """Return the processor seconds of a part, all its processes together."""
        return sum(spent for name, spent in self.cpu_seconds.items() if name.startswith(part))


def run_round(contestant: Contestant, shared: Servers, directory: Path, messages: int) -> Result:
    """Measure one round of a contestant; its processes are gone afterwards."""
    directory.mkdir()
    arena = contestant.prepare(shared, directory)
    with running(contestant, arena) as groups:
        arena.until_consumed(contestant.queues, contestant.consumers)
        contestant.seed(arena, WARM_UP)
        arena.until_arrived(contestant.sink, WARM_UP)
        for group in groups.values():
            os.killpg(group, signal.SIGSTOP)
        contestant.seed(arena, messages)
        watched = {**groups, **shared.pids}
        before = {name: cpu_seconds(pid) for name, pid in watched.items()}
        started = time.monotonic()
        for group in groups.values():
            os.killpg(group, signal.SIGCONT)
        arrived = arena.until_arrived(contestant.sink, WARM_UP + messages)
        seconds = time.monotonic() - started
        cpu = {name: cpu_seconds(pid) - before[name] for name, pid in watched.items()}
    rows, doubled = counted_rows(contestant.databases(arena))
    arena.leave()
    return Result(seconds, messages, cpu, rows - WARM_UP * HOPS, doubled, arrived - WARM_UP)


def lost_of_failing(contestant: Contestant, shared: Servers, directory: Path) -> int:
    """Return how many messages are nowhere any more after their handler raised.

    What waits in any queue, to be tried again or to be looked at, is not lost. What no framework
    brings on counts as lost.
    """
    directory.mkdir()
    arena = contestant.prepare(shared, directory)
    with running(contestant, arena):
        arena.until_consumed(contestant.queues, contestant.consumers)
        contestant.seed(arena, 2 * FAILING, FAILING)
        with suppress(TimeoutError):
            arena.until_arrived(contestant.sink, FAILING, FAILING_PATIENCE_S)
    lost = arena.missing(2 * FAILING, contestant.counted_within_s)
    arena.leave()
    return lost


@contextmanager
def running(contestant: Contestant, arena: Arena) -> Iterator[dict[str, int]]:
    """Run a contestant's processes, each a group of its own; yield the groups' ids by name."""
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, program in contestant.programs().items():
            with (arena.directory / f"{name}.log").open("wb") as log:
                started[name] = subprocess.Popen(
                    program.command,
                    cwd=program.directory,
                    env={**os.environ, **arena.environment(), **program.environment},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        yield {name: process.pid for name, process in started.items()}
    finally:
        for process in started.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # nothing of it is needed any more
            process.wait()
