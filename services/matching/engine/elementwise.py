"""The few operations by which one formula serves a single number and a whole array alike."""

from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Truth = bool | NDArray[np.bool_]
N = TypeVar("N", float, Numbers)


def least(first: N, second: N) -> N:
    """Return the smaller of two numbers, place by place."""
    if _is_array(first, second):
        smaller: N = np.minimum(first, second)
        return smaller
    return first if first <= second else second


def choose(condition: Truth, then: N, otherwise: N) -> N:
    """Return one number where the condition holds and another where it does not."""
    if _is_array(condition, then, otherwise):
        return cast(N, np.where(condition, then, otherwise))
    return then if condition else otherwise


def _is_array(*operands: Any) -> bool:
    return any(isinstance(each, np.ndarray) for each in operands)
