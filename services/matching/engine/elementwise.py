"""The few operations by which one formula serves a single number and a whole array alike."""

from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Truth = bool | NDArray[np.bool_]
N = TypeVar("N", float, Numbers)


def least(first: N, second: N) -> N:
    """Return the smaller of two numbers, place by place."""
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        smaller: N = np.minimum(first, second)
        return smaller
    return first if first <= second else second


def choose(condition: Truth, then: N, otherwise: N) -> N:
    """Return one number where the condition holds and another where it does not."""
    if (
        isinstance(condition, np.ndarray)
        or isinstance(then, np.ndarray)
        or isinstance(otherwise, np.ndarray)
    ):
        return cast(N, np.where(condition, then, otherwise))
    return then if condition else otherwise
