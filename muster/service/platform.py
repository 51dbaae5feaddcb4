"""What a worker process gives to the services it runs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from muster.messaging.ports import Publisher, Subscriber
from muster.observability.spans import Tracer
from muster.safeguards import NOTHING, Safeguards
from muster.storage.store import Store


class SubscriberSource(Protocol):
    """Opens subscribers on one shared connection."""

    def subscriber(self, queue: str, prefetch: int) -> Subscriber:
        """Return a subscriber of this queue."""
        ...


STUCK_AFTER_SECONDS = 60.0  # the longest batch, and every wait for broker or store, is shorter


class Condition:
    """What keeps a process from doing its work right now, by part; empty when all is well.

    Its loop calls `pulse` whenever it comes around; one that came around once and then stays away
    is stuck, and that is a reason too.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._faults: dict[str, str] = {}
        self._monotonic = monotonic
        self._pulse_at: float | None = None

    def pulse(self) -> None:
        """Note that the process's loop has come around."""
        self._pulse_at = self._monotonic()

    def broken(self, part: str, reason: str) -> None:
        """Note that a part does not work, and why."""
        self._faults[part] = reason

    def works(self, part: str) -> None:
        """Note that a part works (again)."""
        self._faults.pop(part, None)

    def reasons(self) -> list[str]:
        """Return why the process is not ready."""
        stuck = [] if self._pulse_at is None else self._stuck_since(self._pulse_at)
        return stuck + [f"{part}: {reason}" for part, reason in sorted(self._faults.items())]

    def _stuck_since(self, pulse_at: float) -> list[str]:
        silent = self._monotonic() - pulse_at
        return [f"nothing has moved for {silent:.0f} s"] if silent > STUCK_AFTER_SECONDS else []


@dataclass(frozen=True)
class BrokerAccess:
    """What a service has of the broker; those with the same login there share it."""

    subscribers: SubscriberSource
    publisher: Publisher  # for retries and dead letters; never for events, those go by the outbox


@dataclass(frozen=True)
class Platform:
    """Stores, broker and condition of one worker process; stores and broker by service."""

    stores: dict[str, Store]
    brokers: Mapping[str, BrokerAccess]
    batch_size: int
    drain_seconds: float
    condition: Condition = field(default_factory=Condition)
    without: Safeguards = NOTHING
    tracer: Tracer | None = None  # None: tracing is off

    CONFIG_KEY = "MUSTER_PLATFORM"
