"""What every service says when one of its queues had to be made: tell me again what I missed."""

from typing import ClassVar

from muster.contracts.event import Event


class SubscriptionRestored(Event):
    """A queue was made that was not there; whoever says these types publishes them once more.

    Each service says it under a type of its own. `event_types` are those the queue is bound to
    now and may have missed, the words of any owner among them.
    """

    about: ClassVar[str] = "queue"

    queue: str
    event_types: tuple[str, ...]
