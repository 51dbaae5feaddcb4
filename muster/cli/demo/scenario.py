"""The scenario: the alliance forms, enterprises ask, and everything is followed to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from muster.cli.world.alliance import Alliance
from muster.cli.world.ledger import Ledger
from muster.cli.world.plans import RequestPlan, WorldPlan
from muster.cli.world.webhooks import WebhookSink

_LOOK_EVERY_S = 0.25


@dataclass
class Course:
    """How far the scenario has come; progress shows it, the report keeps the times."""

    phase: str = "starting"
    seconds: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _began: float = field(default_factory=monotonic)

    def enter(self, phase: str) -> None:
        """Begin a phase; the one before it ends."""
        self._close()
        self.phase, self._began = phase, monotonic()

    def finish(self) -> None:
        """End the last phase."""
        self._close()
        self.phase = "done"

    def _close(self) -> None:
        self.seconds[self.phase] = monotonic() - self._began


@dataclass(frozen=True)
class Timetable:
    """How fast it goes, and how long the end may take."""

    submissions_per_s: float = 12
    at_most_unsettled: int = 10_000
    settle_within_s: float = 120


async def play_requests(
    alliance: Alliance,
    plans: Sequence[RequestPlan],
    timetable: Timetable,
    faults: Sequence[Callable[[], Awaitable[None]]] = (),
) -> None:
    """Submit every request at an even pace; each fault strikes once, spread over the middle."""
    strikes = strike_points(len(plans), len(faults))
    began = monotonic()
    for position, plan in enumerate(plans):
        await asyncio.sleep(began + position / timetable.submissions_per_s - monotonic())
        while alliance.ledger.in_hand >= timetable.at_most_unsettled:
            await asyncio.sleep(_LOOK_EVERY_S)
        if position in strikes:
            await faults[strikes.index(position)]()
        alliance.submit(plan)


def strike_points(requests: int, faults: int) -> list[int]:
    """Return after how many submissions each fault strikes: evenly between a third and the end."""
    first = requests // 3
    return [first + index * (requests - first) // max(1, faults) for index in range(faults)]


async def settle(ledger: Ledger, within_s: float) -> bool:
    """Return once every request has come to its end (True), or the time is over (False)."""
    deadline = monotonic() + within_s
    while monotonic() < deadline:
        if ledger.in_hand == 0:
            return True
        await asyncio.sleep(_LOOK_EVERY_S)
    return False


async def form(alliance: Alliance, plan: WorldPlan, webhooks: WebhookSink | None) -> None:
    """Enrol the members and let them listen."""
    await alliance.enrol(plan)
    await alliance.begin(webhooks)
