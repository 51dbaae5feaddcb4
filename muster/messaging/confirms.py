"""Keeping account of one publish: which message has which outcome, as the broker's words come."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from muster.messaging.outbound import can_be_sent
from muster.messaging.ports import OutboundMessage, Outcome


class Confirms:
    """The account of one batch. Every message is UNKNOWN until the broker has spoken.

    What AMQP cannot carry is REFUSED from the start, so that it never holds up its neighbours.
    """

    def __init__(self, messages: Sequence[OutboundMessage]) -> None:
        self.outcomes = [Outcome.UNKNOWN if can_be_sent(m) else Outcome.REFUSED for m in messages]
        self._messages = messages
        self._waiting: dict[int, int] = {}  # delivery tag -> position in the batch, tags rising
        self._returned: set[tuple[str, str, str]] = set()

    @property
    def settled(self) -> bool:
        """Tell whether nothing that was sent still waits for its confirm."""
        return not self._waiting

    def to_send(self) -> Iterator[tuple[int, OutboundMessage]]:
        """Forget what was sent before and yield, with its position, whatever has no outcome yet."""
        self._waiting.clear()
        for position, message in enumerate(self._messages):
            if self.outcomes[position] is Outcome.UNKNOWN:
                yield position, message

    def sent(self, tag: int, position: int) -> None:
        """Note that the message at this position went out under this tag."""
        self._waiting[tag] = position

    def returned(self, message_id: str, exchange: str, routing_key: str) -> None:
        """Note that the broker found no queue; its confirm is still to come, and means nothing."""
        self._returned.add((message_id, exchange, routing_key))

    def confirmed(self, tag: int, multiple: bool, outcome: Outcome) -> None:
        """Note a confirm, negative or not, of one tag or of all up to it."""
        tags = list(takewhile(lambda t: t <= tag, self._waiting)) if multiple else [tag]
        for each in tags:
            position = self._waiting.pop(each, None)
            if position is not None:
                self.outcomes[position] = self._unless_returned(position, outcome)

    def exchange_missing(self, refusal: str) -> bool:
        """Read from the broker's refusal which exchange does not exist, and settle what it was for.

        Return whether the refusal named an exchange of this batch: the rest may be sent again.
        """
        found = False
        for position, message in enumerate(self._messages):
            if f"no exchange '{message.exchange}'" in refusal:
                self.outcomes[position] = Outcome.RETURNED
                found = True
        return found

    def _unless_returned(self, position: int, outcome: Outcome) -> Outcome:
        if not self._returned:
            return outcome
        message = self._messages[position]
        address = (message.message_id, message.exchange, message.routing_key)
        return Outcome.RETURNED if address in self._returned else outcome
