"""HiGHS: the integer programming solver, made to give the same answer every time.

It is imported when first needed: most problems never come here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.matching.engine.allocation.program import Program

_BY_ROWS = 2
_MINIMIZE = 1
_HIGHEST_COST = 2.0**20
_QUIET_AND_REPEATABLE = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
}


@dataclass(frozen=True)
class Outcome:
    """The best values found, if any; a bound for all values; whether it is attained for sure."""

    values: Sequence[float] | None
    bound: float
    proven: bool


def minimize(program: Program, start: Sequence[float], time_limit_s: float) -> Outcome:
    """Return the cheapest values of the columns that can be found in time, beginning at `start`."""
    import highspy
    import numpy as np

    columns, rows = len(program.costs), len(program.starts)
    scale = _scale(program.costs)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in _QUIET_AND_REPEATABLE.items():
        solver.setOptionValue(name, value)
    solver.setOptionValue("time_limit", max(0.0, time_limit_s))
    solver.passModel(
        columns,
        rows,
        len(program.indices),
        _BY_ROWS,
        _MINIMIZE,
        0.0,
        np.array(program.costs) * scale,
        np.zeros(columns),
        np.array(program.uppers, dtype=float),
        np.array(program.lows, dtype=float),
        np.array(program.highs, dtype=float),
        np.array(program.starts, dtype=np.int32),
        np.array(program.indices, dtype=np.int32),
        np.array(program.values, dtype=float),
        np.ones(columns, dtype=np.int32),
    )
    solver.setSolution(columns, np.arange(columns, dtype=np.int32), np.array(start, dtype=float))
    solver.run()
    found = solver.getSolution()
    return Outcome(
        values=list(found.col_value) if found.value_valid else None,
        bound=solver.getInfo().mip_dual_bound / scale,
        proven=solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
    )


def _scale(costs: Sequence[float]) -> float:
    """Return a power of two that makes no cost too high for the solver's fixed tolerances."""
    scale = 1.0
    highest = max(map(abs, costs))
    while highest * scale > _HIGHEST_COST:
        scale /= 2
    return scale
