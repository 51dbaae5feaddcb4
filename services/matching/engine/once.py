"""What is worked out at most once."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - reads like `property`
    """A property that is worked out when it is first asked for, and then kept.

    Unlike functools' before Python 3.12 it takes no lock, which costs more than most that is worked
    out about a candidate: two threads that ask at the same time both work it out, to the same end.
    """

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, thing: Any, _owner: type | None = None) -> T:
        value: T = self._work_out(thing)
        thing.__dict__[self._name] = value  # from now on found there, before it comes to this
        return value
