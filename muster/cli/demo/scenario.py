"""The scenario: requests at an even pace, and what goes wrong on the way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from muster.cli.world.alliance import Alliance
from muster.cli.world.course import LOOK_EVERY_S, Timetable
from muster.cli.world.plans import Submission


async def play_requests(
    alliance: Alliance,
    plans: Sequence[Submission],
    timetable: Timetable,
    faults: Sequence[Callable[[], Awaitable[None]]] = (),
) -> None:
    """Submit every request at an even pace; each fault strikes once, spread over the middle."""
    strikes = strike_points(len(plans), len(faults))
    began = monotonic()
    for position, plan in enumerate(plans):
        await asyncio.sleep(began + position / timetable.submissions_per_s - monotonic())
        while alliance.ledger.in_hand >= timetable.at_most_unsettled:
            await asyncio.sleep(LOOK_EVERY_S)
        if position in strikes:
            await faults[strikes.index(position)]()
        alliance.submit(plan)


def strike_points(requests: int, faults: int) -> list[int]:
    """Return after how many submissions each fault strikes: evenly between a third and the end."""
    first = requests // 3
    return [first + index * (requests - first) // max(1, faults) for index in range(faults)]
