"""Chance decides whether something goes wrong here and now; what did is counted."""

import random
from collections import Counter

from tests.simulation.climate import Climate


class Killed(BaseException):
    """The process is gone, with everything it had in memory. No handler can catch it."""


class Breaches:
    """Promises found broken in the middle of a step.

    They are said at its end: raised there and then, they would be taken for one more failure of a
    handler, and tried again.
    """

    def __init__(self) -> None:
        self._found: list[str] = []

    def unless(self, holds: bool, what: str) -> None:
        """Note what is broken unless this holds."""
        if not holds:
            self._found.append(what)

    def check(self) -> None:
        """Raise AssertionError if anything was broken."""
        assert not self._found, "; ".join(self._found[:3])


class Faults:
    """What goes wrong in one story."""

    def __init__(self, chance: random.Random, climate: Climate) -> None:
        self.climate = climate
        self.counts: Counter[str] = Counter()
        self._chance = chance

    def strikes(self, what: str, probability: float) -> bool:
        """Tell whether this goes wrong now."""
        if probability == 0.0 or self._chance.random() >= probability:
            return False
        self.counts[what] += 1
        return True

    def may_kill(self, step: str) -> None:
        """Kill the process at this step, if chance has it."""
        if self.strikes(f"killed {step}", self.climate.deaths):
            raise Killed(step)

    def one_of(self, *kinds: str) -> str:
        """Return one of these kinds of failure."""
        return self._chance.choice(kinds)

    def some(self, most: int) -> int:
        """Return a number from 0 up to, but not including, `most`."""
        return self._chance.randrange(most)
