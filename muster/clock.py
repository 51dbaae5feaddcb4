"""Time and identifiers, injected everywhere so that a simulation can own both."""

import random
from datetime import UTC, datetime, timedelta
from typing import Protocol

import uuid_utils

from muster.contracts.vocabulary.identifiers import Prefix


class Clock(Protocol):
    """Tells the time, in UTC with offset."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward; never backwards."""
        if by < timedelta(0):
            raise ValueError(f"time does not run backwards: {by}")
        self._now += by


class RandomIds:
    """Identifiers from UUIDv7: unique, and sorted by the time they were made."""

    def new(self, prefix: Prefix) -> str:
        """Return a fresh identifier."""
        return f"{prefix.value}_{uuid_utils.uuid7().hex}"


class SeededIds:
    """Identifiers that come in the same order for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose, guards nothing
        self._count = 0

    def new(self, prefix: Prefix) -> str:
        """Return the next identifier of this seed."""
        self._count += 1
        return f"{prefix.value}_{self._count:012x}{self._random.getrandbits(80):020x}"
