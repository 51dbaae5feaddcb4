"""Accounts of every message: sent in order, taken once by each subscription, none missing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from muster.cli.bootstrap import topology
from muster.messaging.envelope import Envelope
from muster.messaging.ports import OutboundMessage
from muster.messaging.topology import Topology
from tests.simulation.climate import Climate
from tests.simulation.faults import Breaches

if TYPE_CHECKING:
    from tests.simulation.machinery import Databases

PLACE = "SELECT sequence, aggregate_id FROM outbox_messages WHERE message_id = ?"
SAID = "SELECT message_id, exchange, routing_key FROM outbox_messages"


@cache
def whole_topology() -> Topology:
    """Return every subscription of every service."""
    return topology()


class Ledger:
    """What was sent, and what took effect where."""

    def __init__(self, databases: "Databases", climate: Climate, breaches: Breaches) -> None:
        self._breaches = breaches
        self._databases = databases
        self._in_order = climate.keeps_order
        self._known: Collection[str] = ()  # what was said and taken before the story began
        self._sent: set[str] = set()
        self._newest_sent: dict[tuple[str, str], int] = {}
        self._taken: set[tuple[str, str]] = set()
        self._newest_taken: dict[tuple[str, str], int] = {}

    def sender(self, service: str) -> Callable[[OutboundMessage], None]:
        """Return what notes that a relay sends a message."""
        database = self._databases.engines[service].database

        def sent(message: OutboundMessage) -> None:
            if message.message_id in self._sent:
                return
            self._sent.add(message.message_id)
            sequence, aggregate = database.execute(PLACE, (message.message_id,)).fetchone()
            newest = self._newest_sent.get((service, aggregate), 0)
            problem = f"{message.message_id} of {aggregate} was sent out of order"
            self._breaches.unless(sequence > newest, problem)
            self._newest_sent[service, aggregate] = sequence

        return sent

    def took(self, effects: Iterable[tuple[str, Envelope]]) -> None:
        """Note what a subscription has committed."""
        for queue, envelope in effects:
            key = (queue, envelope.id)
            is_new = key not in self._taken and envelope.id not in self._known
            self._breaches.unless(is_new, f"{queue} took {envelope.id} twice")
            self._taken.add(key)
            if self._in_order and envelope.aggregate_version is not None:
                self._note_version(queue, envelope)

    def _note_version(self, queue: str, envelope: Envelope) -> None:
        thing = (queue, f"{envelope.event.owner()} {envelope.event.subject}")
        assert envelope.aggregate_version is not None
        newest = self._newest_taken.get(thing, 0)
        in_order = envelope.aggregate_version >= newest
        self._breaches.unless(in_order, f"{thing} took effect out of order")
        self._newest_taken[thing] = envelope.aggregate_version

    def check_complete(self) -> None:
        """Every subscription took every message it is bound for."""
        bound: dict[tuple[str, str], list[str]] = defaultdict(list)
        for subscription in whole_topology().subscriptions:
            for binding in subscription.bindings():
                bound[binding].append(subscription.queue)
        for engine in self._databases.engines.values():
            for message_id, exchange, routing_key in engine.database.execute(SAID):
                if message_id in self._known:
                    continue
                for queue in bound[exchange, routing_key]:
                    assert (queue, message_id) in self._taken, f"{queue} never took {message_id}"

    def said(self) -> Iterator[str]:
        """Yield the id of every message."""
        for engine in self._databases.engines.values():
            for message_id, *_ in engine.database.execute(SAID):
                yield message_id

    def begin_with(self, known: Collection[str]) -> None:
        """Begin with these messages as taken by whoever had to."""
        self._known = known
        self._sent.update(known)
