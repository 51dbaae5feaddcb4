"""What a worker process gives to the services it runs."""

from dataclasses import dataclass, field
from typing import Protocol

from muster.messaging.ports import Publisher, Subscriber
from muster.storage.store import Store


class SubscriberSource(Protocol):
    """Opens subscribers on one shared connection."""

    def subscriber(self, queue: str, prefetch: int) -> Subscriber:
        """Return a subscriber of this queue."""
        ...


class Condition:
    """What keeps a process from doing its work right now, by part; empty when all is well."""

    def __init__(self) -> None:
        self._faults: dict[str, str] = {}

    def broken(self, part: str, reason: str) -> None:
        """Note that a part does not work, and why."""
        self._faults[part] = reason

    def works(self, part: str) -> None:
        """Note that a part works (again)."""
        self._faults.pop(part, None)

    def reasons(self) -> list[str]:
        """Return why the process is not ready."""
        return [f"{part}: {reason}" for part, reason in sorted(self._faults.items())]


@dataclass(frozen=True)
class Platform:
    """Stores, broker and condition of one worker process."""

    stores: dict[str, Store]
    subscribers: SubscriberSource
    publisher: Publisher  # for retries and dead letters; never for events, those go by the outbox
    batch_size: int
    drain_seconds: float
    condition: Condition = field(default_factory=Condition)

    CONFIG_KEY = "MUSTER_PLATFORM"
