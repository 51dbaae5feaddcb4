"""A part of the problem as an integer program.

A column is an option: one that is all or nothing counts 0 or 1, any other counts units. A whole
bundle has a column of its own that says whether it is filled. Costs are what is saved against
leaving everything unfilled, so the empty allocation costs nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.matching.engine.allocation.contention import Part
from services.matching.engine.allocation.instance import Bundle, Option
from services.matching.engine.allocation.model import Allocated, Need

Place = tuple[str, str]
"""A need and a capacity."""


@dataclass
class Program:
    """Columns and rows, being built. Of each column: its cost, its upper bound, its unit."""

    costs: list[float] = field(default_factory=list)
    uppers: list[int] = field(default_factory=list)
    columns: dict[Place, int] = field(default_factory=dict)
    units: dict[Place, int] = field(default_factory=dict)
    fillings: list[tuple[int, tuple[Place, ...]]] = field(default_factory=list)
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add_column(self, cost: float, upper: int) -> int:
        """Add a whole number from 0 to `upper`; return its position."""
        self.costs.append(cost)
        self.uppers.append(upper)
        return len(self.costs) - 1

    def add_row(self, low: float, high: float, entries: Iterable[tuple[int, float]]) -> None:
        """Demand that the sum of these columns, so weighted, stays between the two."""
        self.starts.append(len(self.indices))
        self.lows.append(low)
        self.highs.append(high)
        for column, value in entries:
            self.indices.append(column)
            self.values.append(value)

    def allocation(self, values: Sequence[float]) -> list[Allocated]:
        """Return what these values of the columns hand out."""
        found = ((place, round(values[column])) for place, column in self.columns.items())
        return [(*place, number * self.units[place]) for place, number in found if number]

    def values_of(self, allocation: Iterable[Allocated]) -> list[float]:
        """Return the values of the columns for this allocation, for the solver to start from."""
        values = [0.0] * len(self.costs)
        for need, capacity, quantity in allocation:
            place = (need, capacity)
            values[self.columns[place]] = quantity / self.units[place]
        for filled, places in self.fillings:
            if any(values[self.columns[place]] for place in places):
                values[filled] = 1.0
        return values


def program_of(part: Part, options: Mapping[str, tuple[Option, ...]]) -> Program:
    """Return the integer program whose optimum is the optimum of this part."""
    program = Program()
    for bundle in part.bundles:
        if bundle.whole:
            _add_whole(program, bundle, options)
        else:
            _add_single(program, bundle.needs[0], options)
    for limit in part.limits:
        places = [(need, limit.capacity) for need in limit.needs]
        entries = ((program.columns[place], program.units[place]) for place in places)
        program.add_row(-math.inf, limit.units, entries)
    return program


def _add_single(program: Program, need: Need, options: Mapping[str, tuple[Option, ...]]) -> None:
    columns = _add_options(program, need, options[need.id], need.penalty)
    most = need.quantity if need.splittable else 1
    program.add_row(-math.inf, most, ((column, 1) for column in columns))


def _add_whole(program: Program, bundle: Bundle, options: Mapping[str, tuple[Option, ...]]) -> None:
    filled = program.add_column(-bundle.waiver, 1)
    for need in bundle.needs:
        columns = _add_options(program, need, options[need.id], 0.0)
        all_of_it = need.quantity if need.splittable else 1
        program.add_row(0, 0, [(filled, -all_of_it), *((column, 1) for column in columns)])
    places = ((need.id, option.capacity) for need in bundle.needs for option in options[need.id])
    program.fillings.append((filled, tuple(places)))


def _add_options(
    program: Program, need: Need, options: Iterable[Option], saved: float
) -> list[int]:
    columns = []
    for option in options:
        place = (need.id, option.capacity)
        unit = 1 if need.splittable else need.quantity
        column = program.add_column((option.cost - saved) * unit, option.limit // unit)
        program.columns[place] = column
        program.units[place] = unit
        columns.append(column)
    return columns
