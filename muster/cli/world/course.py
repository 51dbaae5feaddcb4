"""The course of a scenario: its phases, how fast it goes, and the wait for its end."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from muster.cli.world.ledger import Ledger

LOOK_EVERY_S = 0.25
STARTING = "starting"


@dataclass
class Course:
    """How far a scenario has come; progress shows it, the report keeps the times."""

    phase: str = STARTING
    seconds: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _began: float = field(default_factory=monotonic)

    def enter(self, phase: str) -> None:
        """Begin a phase; the one before it ends."""
        self._close()
        self.phase, self._began = phase, monotonic()

    def finish(self) -> dict[str, float]:
        """End the last phase; return the seconds of each, and of all but the start together."""
        self._close()
        self.phase = "done"
        scenario = sum(s for phase, s in self.seconds.items() if phase != STARTING)
        return {**self.seconds, "scenario": scenario}

    def _close(self) -> None:
        self.seconds[self.phase] = monotonic() - self._began


@dataclass(frozen=True)
class Timetable:
    """How fast requests are submitted, how many may be open, how long the end may take."""

    submissions_per_s: float = 12
    at_most_unsettled: int = 10_000
    settle_within_s: float = 120


async def settle(ledger: Ledger, within_s: float) -> bool:
    """Return once every request has come to its end (True), or the time is over (False)."""
    deadline = monotonic() + within_s
    while monotonic() < deadline:
        if ledger.in_hand == 0:
            return True
        await asyncio.sleep(LOOK_EVERY_S)
    return False
