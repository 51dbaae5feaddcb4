"""An executor for where everything happens in one thread, in an order that can be repeated."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class AtOnce:
    """Does whatever is submitted before `submit` returns; who is killed meanwhile stays killed."""

    def __init__(self, *_: object) -> None:
        pass

    def submit(self, act: Callable[..., Any], *arguments: object) -> "Future[Any]":
        """Do it and return what came of it."""
        future: Future[Any] = Future()
        try:
            future.set_result(act(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, *, wait: bool = True) -> None:
        """Do nothing: nothing is left."""
