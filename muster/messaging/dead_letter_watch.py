"""How many dead letters lie there, and since when, for the metrics."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from pika import BlockingConnection

from muster.messaging.dead_letters import DeadLetters, QueueForbidden, QueueMissing
from muster.messaging.declare import RabbitBroker
from muster.messaging.topology import Subscription, Topology
from muster.observability.metrics import DEAD_LETTER_AGE, DEAD_LETTERS

_LOOKED_AT = 100  # the oldest is among the first, if nobody has looked at them


class DeadLetterWatch:
    """Looks at the dead-letter queues of one service, over whatever connection it is given.

    To count costs a question; to read how old they are takes them out for a moment, so that is only
    done where their number has changed.
    """

    def __init__(self, topology: Topology, service: str, now: Callable[[], datetime]) -> None:
        self._service = service
        self._subscriptions = [s for s in topology.subscriptions if s.service == service]
        self._now = now
        self._numbers: dict[str, int] = {}
        self._oldest: dict[str, datetime] = {}

    def look(self, connection: BlockingConnection) -> None:
        """Let the metrics show what lies there. Raises BrokerUnavailable and pika's errors."""
        broker = RabbitBroker(connection)
        for subscription in self._subscriptions:
            queue = subscription.dead_letter_queue
            number = broker.messages_in(queue)
            if number != self._numbers.get(queue, 0):
                self._numbers[queue] = number
                self._find_oldest(DeadLetters(connection), subscription)
        broker.close()
        now = self._now()
        oldest = min(self._oldest.values(), default=now)
        DEAD_LETTERS.labels(self._service).set(sum(self._numbers.values()))
        DEAD_LETTER_AGE.labels(self._service).set(max(0.0, (now - oldest).total_seconds()))

    def _find_oldest(self, letters: DeadLetters, subscription: Subscription) -> None:
        """Remember since when the oldest lies there; looking at them changes their order."""
        self._oldest.pop(subscription.dead_letter_queue, None)
        with suppress(QueueMissing, QueueForbidden), letters.of(subscription) as held:
            found = [letter.died_at or self._now() for letter in held.take(_LOOKED_AT)]
            if found:
                self._oldest[subscription.dead_letter_queue] = min(found)
