"""Many stories: what became of them, and how to see one again that failed."""

import logging
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation.journey import live_through

REPLAY = ".venv/bin/python -m tests.simulation --replay {}"


@dataclass(frozen=True)
class Failure:
    """A story that broke a promise."""

    seed: int
    what: str
    where: str

    def __str__(self) -> str:
        """Say what, and how to see it again."""
        return f"seed {self.seed}: {self.what}\n  replay: {REPLAY.format(self.seed)}\n{self.where}"


@dataclass
class Tally:
    """What came of some seeds."""

    seeds: int = 0
    cpu_seconds: float = 0.0
    steps: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count in what came of others."""
        self.seeds += other.seeds
        self.cpu_seconds += other.cpu_seconds
        self.steps += other.steps
        self.statuses += other.statuses
        self.faults += other.faults
        self.failures += other.failures


def live_through_all(seeds: Iterable[int]) -> Tally:
    """Live through these stories; a failure ends its own story only."""
    tally = Tally()
    logging.disable(logging.CRITICAL)  # what fails on purpose is nobody's news
    begun = time.process_time()
    try:
        for seed in seeds:
            _live_through(seed, tally)
    finally:
        logging.disable(logging.NOTSET)
    tally.cpu_seconds = time.process_time() - begun
    return tally


def _live_through(seed: int, tally: Tally) -> None:
    tally.seeds += 1
    try:
        ending = live_through(seed)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        tally.failures.append(Failure(seed, what, traceback.format_exc()))
        return
    tally.steps += ending.steps
    tally.statuses.update(ending.statuses)
    tally.faults.update(ending.faults)
