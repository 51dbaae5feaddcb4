"""Waiting on conditions, never on time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_NEVER = threading.Event()  # nobody sets it


def eventually(check: Callable[[], T], within_s: float = 10, every_s: float = 0.05) -> T:
    """Return the first true value of `check`; fail with its last value, or error, after a while."""
    deadline = time.monotonic() + within_s
    while True:
        late = time.monotonic() > deadline
        try:
            if value := check():
                return value
        except AssertionError:
            if late:
                raise
        else:
            assert not late, f"still {value!r} after {within_s:g} s"
        _NEVER.wait(every_s)
