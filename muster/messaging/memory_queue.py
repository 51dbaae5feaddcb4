"""One queue of the in-memory broker."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from muster.messaging.headers import attempt_in, own_headers
from muster.messaging.ports import Delivery, OutboundMessage


@dataclass(slots=True)
class Held:
    """A message in a queue. It keeps its place when it is handed out and given back."""

    message: OutboundMessage
    place: tuple[int, int]  # position, and what makes it unique
    returns: int = 0

    def delivery(self, queue: str, tag: int) -> Delivery:
        """Return it as a subscriber sees it."""
        message = self.message
        headers = own_headers(message.headers)
        return Delivery(
            queue=queue,
            tag=tag,
            message_id=message.message_id,
            body=message.body,
            attempt=attempt_in(headers),
            redelivered=self.returns > 0,
            headers=headers,
            type=message.type,
            correlation_id=message.correlation_id,
        )


class MemoryQueue:
    """Messages that wait, by place, and messages that are handed out, by tag."""

    def __init__(self, name: str, tags: Iterator[int]) -> None:
        self.name = name
        self.last_due: datetime | None = None  # what keeps order may not become available before
        self._waiting: list[tuple[tuple[int, int], Held]] = []  # a heap
        self._taken: dict[int, Held] = {}
        self._tags = tags

    def __len__(self) -> int:
        return len(self._waiting) + len(self._taken)

    @property
    def has_waiting(self) -> bool:
        """Tell whether there is anything to take."""
        return bool(self._waiting)

    def put(self, held: Held) -> None:
        """Add a message at its place."""
        heappush(self._waiting, (held.place, held))

    def take(self, limit: int) -> list[Delivery]:
        """Hand out the first messages, at most so many."""
        deliveries = []
        for _ in range(min(limit, len(self._waiting))):
            _, held = heappop(self._waiting)
            tag = next(self._tags)
            self._taken[tag] = held
            deliveries.append(held.delivery(self.name, tag))
        return deliveries

    def remove(self, tags: Iterable[int]) -> list[Held]:
        """Remove and return what was handed out under these tags; ignore unknown tags."""
        return [self._taken.pop(tag) for tag in tags if tag in self._taken]

    def clear(self) -> None:
        """Forget everything, handed out or not."""
        self.last_due = None
        self._waiting.clear()
        self._taken.clear()

    def taken(self) -> list[int]:
        """Return the tags of everything that is handed out."""
        return list(self._taken)

    def waiting(self) -> list[Held]:
        """Return what waits, in order."""
        return [held for _, held in sorted(self._waiting, key=lambda entry: entry[0])]
