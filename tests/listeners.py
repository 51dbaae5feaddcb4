"""Services with nothing but queues, what they say and hear: for tests of queues that get lost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from muster.contracts.catalogue import OWNERS, RESTORATIONS
from muster.contracts.notify import NotificationFailed
from muster.contracts.registry import AuthorisationExpired
from muster.contracts.vocabulary.identifiers import NotificationId
from muster.messaging.envelope import Envelope
from muster.messaging.topology import Subscription, Topology
from muster.service.inlet import BatchHandler
from muster.service.restoration import publish_again
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from tests.events import SOMEBODY, an_event

LISTENERS = (
    Subscription("matching", "papers", (AuthorisationExpired,)),
    Subscription("notify", "papers", (AuthorisationExpired, NotificationFailed)),
    Subscription("notify", "failures", (NotificationFailed,)),
)
TOPOLOGY = Topology(
    (
        *LISTENERS,
        *(Subscription(owner, "restorations", tuple(RESTORATIONS.values())) for owner in OWNERS),
    )
)


class Hearing:
    """What was said, and what every queue has heard of it."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self.heard: Counter[tuple[str, str]] = Counter()
        self._stores = stores
        self._said: list[str] = []

    def say(self) -> None:
        """Have the registry and notify say one thing each."""
        number = f"{len(self._said)}"
        for service, event in (
            ("registry", an_event(reference=number)),
            ("notify", _failure(number)),
        ):
            with self._stores[service].begin(SOMEBODY) as work:
                work.record(event)
        self._said.append(number)

    def expected(self) -> Counter[tuple[str, str]]:
        """Return what every queue is to hear, once."""
        return Counter(
            (listener.queue, f"{event.__name__} {number}")
            for number in self._said
            for listener in LISTENERS
            for event in listener.events
        )

    def handler(self, subscription: Subscription) -> BatchHandler:
        """Return what a subscription does."""
        store = self._stores[subscription.service]

        def restore(work: UnitOfWork, envelopes: Iterable[Envelope]) -> None:
            publish_again(work, store.metadata, store.service, envelopes)

        def note(_work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
            for envelope in envelopes:
                event = envelope.event
                number = getattr(event, "reference", None) or getattr(event, "reason", "")
                self.heard[subscription.queue, f"{type(event).__name__} {number}"] += 1

        return restore if subscription.name == "restorations" else note


def _failure(number: str) -> NotificationFailed:
    return NotificationFailed(
        notification_id=NotificationId("ntf_1"),
        organisation_id=None,
        channel="email",
        reason=number,
    )
