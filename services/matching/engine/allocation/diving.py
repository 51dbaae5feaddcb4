"""A good whole solution from the relaxed one: round up what is nearest to it, and solve again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.matching.engine.allocation.highs import Relaxation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Positions = NDArray[np.int32]

_WHOLE = 1e-6
_SHARE_AT_ONCE = 5
_MOST_ROUNDS = 400


def dive(relaxation: Relaxation, values: Floats) -> list[float]:
    """Return whole values near the relaxed ones; if the way down ends before, rounded down.

    Each round raises the fifth that is nearest to the next whole number, but nothing that is not
    at least half way there, save the very first. What cannot be raised must stay below.
    """
    for _ in range(_MOST_ROUNDS):
        nearest = _fractions(values)
        found = _raise_some(relaxation, values, nearest) if len(nearest) else None
        if found is None:
            break
        values = found
    return [float(value) for value in _floor(values)]


def _fractions(values: Floats) -> Positions:
    """Return the columns that are not whole, the ones nearest to the next whole number first."""
    import numpy as np

    parts = _part(values)
    fractions = np.flatnonzero(parts > _WHOLE)
    return fractions[np.argsort(-parts[fractions], kind="stable")].astype(np.int32)


def _floor(values: Floats) -> Floats:
    import numpy as np

    return np.floor(values + _WHOLE)


def _part(values: Floats) -> Floats:
    return values - _floor(values)


def _raise_some(relaxation: Relaxation, values: Floats, nearest: Positions) -> Floats | None:
    several = nearest[: len(nearest) // _SHARE_AT_ONCE]
    several = several[_part(values[several]) >= 0.5]
    for columns in (several, nearest[:1]) if len(several) > 1 else (nearest[:1],):
        before = relaxation.lows[columns]
        relaxation.lows[columns] = _floor(values[columns]) + 1
        relaxation.narrow(columns)
        found = relaxation.solve()
        if found is not None:
            return found
        relaxation.lows[columns] = before
        relaxation.narrow(columns)
    stays = nearest[:1]
    relaxation.highs[stays] = _floor(values[stays])
    relaxation.narrow(stays)
    return relaxation.solve()
