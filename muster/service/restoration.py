"""How a lost queue loses nothing: its owner asks, and whoever said what it missed says it again.

See ADR 19. What was asked for is durable from the moment the queue is whole again; what is asked of
us is durable from the moment we have heard it. In between it is an event like any other.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import MetaData

from muster.context import Context
from muster.contracts.catalogue import RESTORATIONS
from muster.contracts.event import owner_of
from muster.contracts.restoration import SubscriptionRestored
from muster.contracts.vocabulary.identifiers import Prefix
from muster.contracts.vocabulary.lifecycle import Actor
from muster.messaging.envelope import Envelope
from muster.messaging.restoring import Restored
from muster.safeguards import NOTHING, Safeguard, Safeguards
from muster.service.platform import Condition
from muster.storage import republication, subscriptions
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork

log = logging.getLogger("muster.restoration")


def publish_again(
    work: UnitOfWork, metadata: MetaData, service: str, envelopes: Iterable[Envelope]
) -> None:
    """Have the relay publish once more what these ask for and this service says."""
    asked = [e.event for e in envelopes if isinstance(e.event, SubscriptionRestored)]
    types = {each for event in asked for each in event.event_types if owner_of(each) == service}
    if not types:
        return
    log.warning(
        "events are published again for queues that may have missed them",
        extra={"service": service, "queues": sorted({event.queue for event in asked})},
    )
    republication.order(work, metadata, types)


class QueueMemory:
    """Keeps in a service's store what its queues hear, and asks for what they missed.

    It is a `restoring.Memory`.
    """

    def __init__(
        self, store: Store, condition: Condition | None = None, without: Safeguards = NOTHING
    ) -> None:
        self._store = store
        self._without = without
        self._condition = condition or Condition()

    def heard(self) -> Mapping[str, frozenset[str]]:
        """Return the event types that each queue is known to hear, by queue."""
        with self._store.read() as connection:
            return subscriptions.heard(connection, self._store.metadata)

    def begin(self, kept: Mapping[str, frozenset[str]]) -> str:
        """Forget all but this of these queues, for good, and return the name of the restoration."""
        restoration = self._store.ids.new(Prefix.RESTORATION)
        with self._store.begin(self._context(restoration)) as work:
            subscriptions.begin(work.connection, self._store.metadata, restoration, kept)
        return restoration

    def finish(self, restoration: str, restored: Sequence[Restored]) -> None:
        """Ask for what was missed and know it from now on, in one transaction."""
        asks = RESTORATIONS[self._store.service]
        with self._store.begin(self._context(restoration)) as work:
            for each in restored:
                if each.missed and Safeguard.RESTORATION not in self._without:
                    work.record(asks(queue=each.queue, event_types=tuple(sorted(each.missed))))
            known = {each.queue: each.heard for each in restored}
            subscriptions.finish(work.connection, self._store.metadata, restoration, known)

    def waits_for(self, exchanges: Sequence[str]) -> None:
        """Be a reason not to be ready while exchanges of others are not there."""
        part = f"bindings of {self._store.service}"
        if exchanges:
            names = ", ".join(exchanges)
            self._condition.broken(part, f"{names} not there: start the relay of their owners")
        else:
            self._condition.works(part)

    def _context(self, restoration: str) -> Context:
        return Context(Actor(f"service:{self._store.service}"), correlation_id=restoration)
