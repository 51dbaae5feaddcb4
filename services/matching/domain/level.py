"""How high something rises that goes up and down in steps."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

Instant = TypeVar("Instant", float, datetime)


def peak(steps: Iterable[tuple[Instant, int]]) -> int:
    """Return the highest level that these changes, in any order, ever lead to from 0.

    At one instant what goes down comes before what goes up.
    """
    level = highest = 0
    for _, change in sorted(steps):
        level += change
        highest = max(highest, level)
    return highest
