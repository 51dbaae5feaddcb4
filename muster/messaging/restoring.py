"""Putting one service's part of the topology in order, without losing what a lost queue held.

A service declares only its own exchanges and queues, and binds its queues to the exchanges of
those it hears. A queue that is not there may have held messages, and others may have been published
since to whoever else hears them. So whoever makes a queue asks for all of that again. What is known
of the queue is forgotten before it is made, and known again in the transaction that asks: a crash
anywhere in between leads to asking twice, never to not asking.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from muster.messaging.blueprint import Exchange, Queue, exchanges_of, queues_of, retry_queues_of
from muster.messaging.topology import Subscription, Topology, events_exchange

log = logging.getLogger("muster.messaging")


class Broker(Protocol):
    """What putting in order needs of a broker; each may raise BrokerUnavailable."""

    def has_exchange(self, name: str) -> bool:
        """Tell whether there is such an exchange."""
        ...

    def has_queue(self, name: str) -> bool:
        """Tell whether there is such a queue."""
        ...

    def make_exchange(self, exchange: Exchange) -> None:
        """Make the exchange, unless it is there."""
        ...

    def make_queue(self, queue: Queue) -> None:
        """Make the queue, unless it is there; bind it to nothing."""
        ...

    def bind(self, queue: str, exchange: str, routing_key: str) -> None:
        """Bind the queue, unless it is bound."""
        ...


class Memory(Protocol):
    """What a service remembers of its queues, in its store; each may raise StoreUnavailable."""

    def heard(self) -> Mapping[str, frozenset[str]]:
        """Return the event types that each queue is known to hear, by queue."""
        ...

    def begin(self, kept: Mapping[str, frozenset[str]]) -> str:
        """Forget all but this of these queues, for good, and return the name of the restoration."""
        ...

    def finish(self, restoration: str, restored: Sequence["Restored"]) -> None:
        """Ask for what was missed and know it from now on, in one transaction."""
        ...

    def waits_for(self, exchanges: Sequence[str]) -> None:
        """Hear which exchanges of others are not there yet; none when all is in order."""
        ...


@dataclass(frozen=True)
class Restored:
    """A queue that is there and bound: what is known to be heard, and what it missed of that."""

    queue: str
    heard: frozenset[str]
    missed: frozenset[str]


class Restorer:
    """Puts one service's part of a topology in order, as often as it is asked to."""

    def __init__(self, topology: Topology, service: str, memory: Memory) -> None:
        self.service = service
        self._subscriptions = [s for s in topology.subscriptions if s.service == service]
        self._memory = memory
        self._same: set[str] = set()  # queues that are known to be as they should

    def put_in_order(self, broker: Broker) -> bool:
        """Make what is not there and ask for what was missed; idempotent.

        Return False if owners of events have not made their exchanges yet: the queues hear all
        others meanwhile, and this has to be done again. Raises TopologyMismatch, BrokerUnavailable
        and StoreUnavailable.
        """
        for exchange in exchanges_of(self.service):
            broker.make_exchange(exchange)
        sources = {exchange for s in self._subscriptions for exchange, _ in s.bindings()}
        absent = frozenset(name for name in sources if not broker.has_exchange(name))
        missing = self._missing(broker)
        lost = self._lost(missing)
        known = self._known(lost)
        behind = [s for s in self._subscriptions if s in lost or _types(s, absent) - known[s.queue]]
        if behind:
            log.warning(
                "queues are not there, or hear less than they should, and are put in order",
                extra={"service": self.service, "queues": [s.queue for s in behind]},
            )
            restoration = self._memory.begin({s.queue: known[s.queue] for s in behind})
            self._make(broker, missing, absent)
            self._memory.finish(
                restoration,
                [_restored(s.queue, known[s.queue], _types(s, absent)) for s in behind],
            )
        else:
            self._make(broker, missing, absent)
        self._memory.waits_for(sorted(absent))
        return not absent

    def _queues(self) -> list[Queue]:
        own = [queue for s in self._subscriptions for queue in queues_of(s)]
        return [*own, *retry_queues_of(self.service)]

    def _missing(self, broker: Broker) -> frozenset[str]:
        """Return which queues are not there.

        One that is there is declared, once, to hear if it has other settings: at once, for should
        it vanish in between, it is made and nobody asks for what it held.
        """
        missing = set()
        for queue in self._queues():
            if not broker.has_queue(queue.name):
                missing.add(queue.name)
            elif queue.name not in self._same:
                broker.make_queue(queue)
                self._same.add(queue.name)
        return frozenset(missing)

    def _lost(self, missing: frozenset[str]) -> list[Subscription]:
        """Return whose messages may be gone; in a retry queue there may have been anybody's."""
        if any(queue.name in missing for queue in retry_queues_of(self.service)):
            return self._subscriptions
        return [
            subscription
            for subscription in self._subscriptions
            if any(queue.name in missing for queue in queues_of(subscription))
        ]

    def _known(self, lost: Sequence[Subscription]) -> dict[str, frozenset[str]]:
        heard = self._memory.heard()
        nothing: frozenset[str] = frozenset()
        return {
            s.queue: nothing if s in lost else heard.get(s.queue, nothing)
            for s in self._subscriptions
        }

    def _make(self, broker: Broker, missing: frozenset[str], absent: frozenset[str]) -> None:
        """Make what is missing, and bind all.

        What was there a moment ago is not made: had it vanished since, nobody would ask for what
        it held. To bind it fails then, and the next look finds it missing.
        """
        for queue in self._queues():
            if queue.name in missing:
                broker.make_queue(queue)
            for exchange, routing_key in queue.bindings:
                if exchange not in absent:
                    broker.bind(queue.name, exchange, routing_key)


def _types(subscription: Subscription, absent: frozenset[str]) -> frozenset[str]:
    """Return the types a queue can be bound to now."""
    return frozenset(
        event.event_type
        for event in subscription.events
        if events_exchange(event.owner()) not in absent
    )


def _restored(queue: str, known: frozenset[str], bound: frozenset[str]) -> Restored:
    return Restored(queue, heard=known | bound, missed=bound - known)
