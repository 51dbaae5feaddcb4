"""Processes that may be killed at any step that matters: before a commit, or right after it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from muster.context import Context
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork

CHANCE = 0.02  # at each of the two steps of each transaction


class Killed(BaseException):
    """The process is gone, with everything it had in memory. No handler can catch it."""


class MortalStore(Store):
    """A store as a process uses it that may be killed; what it has committed is there."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        super().__init__(store.service, store.engine, store.metadata, store.clock, store.ids)
        self._chance = chance

    @contextmanager
    def begin(self, context: Context) -> Iterator[UnitOfWork]:
        """Open a unit of work that may not live to its commit, or to what follows it."""
        with super().begin(context) as work:
            yield work
            self._live_on()
        self._live_on()

    def _live_on(self) -> None:
        if self._chance.random() < CHANCE:
            raise Killed
