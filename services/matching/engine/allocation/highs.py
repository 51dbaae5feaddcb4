"""HiGHS: the solver of linear and integer programs, made to give the same answer every time.

It is imported when first needed: most problems never come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.matching.engine.allocation.program import Program

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Positions = NDArray[np.int32]

_BY_ROWS = 2
_MINIMIZE = 1
_HIGHEST_COST = 2.0**20
_ALWAYS = {"output_flag": False, "threads": 1, "random_seed": 0}
# Options that add too much are ruled out before: what HiGHS would do to the same end takes time.
_INTEGER: Mapping[str, Any] = {"mip_rel_gap": 0.0, "mip_heuristic_run_root_reduced_cost": False}
_LINEAR: Mapping[str, Any] = {"presolve": "off"}


@dataclass(frozen=True)
class Outcome:
    """The best values found, if any; a bound for all values; whether it is attained for sure."""

    values: Sequence[float] | None
    bound: float
    proven: bool


class Relaxation:
    """The program with fractions allowed, solved again whenever its columns are narrowed."""

    def __init__(self, program: Program, time_limit_s: float) -> None:
        import numpy as np

        self._program = program
        self._scale = _scale(program.costs)
        self._solver = _solver(program, program.uppers, _LINEAR, time_limit_s, integer=False)
        self.lows: Floats = np.zeros(len(program.costs))
        self.highs: Floats = np.array(program.uppers, dtype=float)

    def solve(self) -> Floats | None:
        """Return the cheapest values, or nothing if there are none or the time is up."""
        import highspy
        import numpy as np

        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self._solver.getSolution().col_value)

    def narrow(self, columns: Positions) -> None:
        """Let these columns be within `lows` and `highs` as these are now."""
        low, high = self.lows[columns], self.highs[columns]
        self._solver.changeColsBounds(len(columns), columns, low, high)

    def prices(self) -> tuple[float, Floats]:
        """Return a bound for all whole values, and what one unit of each column adds to it.

        Both are counted anew from the price that the solver puts on each row, so that they hold
        whatever its tolerances are: any prices of the right sign give a true bound.
        """
        import numpy as np

        program = self._program
        lows, highs = np.array(program.lows), np.array(program.highs)
        worth = np.array(self._solver.getSolution().row_dual) / self._scale
        worth[np.isneginf(lows)] = np.minimum(worth[np.isneginf(lows)], 0.0)
        lengths = np.diff([*program.starts, len(program.indices)])
        weights = np.array(program.values) * np.repeat(worth, lengths)
        added = np.array(program.costs)
        np.subtract.at(added, program.indices, weights)
        attained = np.where(worth > 0.0, lows, highs)
        bound = float(worth @ attained + np.minimum(added, 0.0) @ np.array(program.uppers))
        return bound, added


def minimize(
    program: Program,
    uppers: Sequence[int],
    start: Sequence[float],
    time_limit_s: float,
    most_nodes: int | None = None,
) -> Outcome:
    """Return the cheapest values up to `uppers` that are found in time, beginning at `start`."""
    import highspy
    import numpy as np

    options = _INTEGER if most_nodes is None else {**_INTEGER, "mip_max_nodes": most_nodes}
    solver = _solver(program, uppers, options, time_limit_s, integer=True)
    columns = np.arange(len(start), dtype=np.int32)
    solver.setSolution(len(start), columns, np.array(start, dtype=float))
    solver.run()
    found = solver.getSolution()
    return Outcome(
        values=list(found.col_value) if found.value_valid else None,
        bound=solver.getInfo().mip_dual_bound / _scale(program.costs),
        proven=solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
    )


def _solver(
    program: Program,
    uppers: Sequence[int],
    options: Mapping[str, Any],
    time_limit_s: float,
    integer: bool,
) -> Any:
    import highspy
    import numpy as np

    columns = len(program.costs)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in {**_ALWAYS, **options, "time_limit": time_limit_s}.items():
        solver.setOptionValue(name, value)
    solver.passModel(
        columns,
        len(program.starts),
        len(program.indices),
        _BY_ROWS,
        _MINIMIZE,
        0.0,
        np.array(program.costs) * _scale(program.costs),
        np.zeros(columns),
        np.array(uppers, dtype=float),
        np.array(program.lows, dtype=float),
        np.array(program.highs, dtype=float),
        np.array(program.starts, dtype=np.int32),
        np.array(program.indices, dtype=np.int32),
        np.array(program.values, dtype=float),
        np.full(columns, int(integer), dtype=np.int32),
    )
    return solver


def _scale(costs: Sequence[float]) -> float:
    """Return a power of two that makes no cost too high for the solver's fixed tolerances."""
    scale = 1.0
    highest = max(map(abs, costs))
    while highest * scale > _HIGHEST_COST:
        scale /= 2
    return scale
