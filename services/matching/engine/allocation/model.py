"""What the allocator is asked, and what it answers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Window = tuple[float, float]
"""From the first instant up to, but not including, the second, on any clock you like."""

Allocated = tuple[str, str, int]
"""A need, a capacity, and how much of it the need gets."""

Status = Literal["optimal", "feasible"]

ALWAYS: Window = (-math.inf, math.inf)


@dataclass(frozen=True)
class Need:
    """So much is wanted, for the window or always; each unit left unfilled costs the penalty.

    One that is not splittable gets its whole quantity from one capacity, or nothing.
    """

    id: str
    quantity: int
    penalty: float
    splittable: bool = True
    group: str | None = None
    window: Window | None = None

    @property
    def taken_during(self) -> Window:
        """Return when what it gets is in use."""
        return ALWAYS if self.window is None else self.window


@dataclass(frozen=True)
class Group:
    """Needs that belong together: either all of them are wholly filled, or none gets anything.

    Without `all_or_nothing` a group is only a name and forces nothing.
    """

    id: str
    all_or_nothing: bool


@dataclass(frozen=True)
class Candidate:
    """This capacity can serve this need, at this cost for each unit. No candidate, no service."""

    need: str
    capacity: str
    cost: float


@dataclass(frozen=True)
class Hold:
    """So much of a capacity is taken already, for the window or always."""

    capacity: str
    quantity: int
    window: Window | None = None

    @property
    def taken_during(self) -> Window:
        """Return when it is in use."""
        return ALWAYS if self.window is None else self.window


@dataclass(frozen=True)
class Problem:
    """How many units each capacity has at any instant, and who wants what of it.

    The order of the needs is the order in which they came: only `greedy` cares.
    """

    capacities: Mapping[str, int]
    needs: tuple[Need, ...]
    groups: tuple[Group, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True)
class Solution:
    """Who gets what, sorted; what that costs in all; and below what no allocation can cost.

    `optimal` is proven, and the bound is the objective; `feasible` keeps every rule, and the
    bound says how much better it could at most be.
    """

    allocation: tuple[Allocated, ...]
    objective: float
    bound: float
    status: Status
    seconds: float
