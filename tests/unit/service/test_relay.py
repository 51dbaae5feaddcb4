"""The relay brings every event to the broker, in order, whatever fails in between."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from muster.contracts.catalogue import RESTORATIONS
from muster.messaging.blueprint import queues_of
from muster.messaging.envelope import parse
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory import InMemoryBroker
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.topology import Subscription, Topology
from muster.service.relay import WINDOW, Relay
from muster.storage import outbox, republication
from muster.storage.retention import PUBLISHED_KEPT, forget_old
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork
from tests.events import PAPERS, SOMEBODY, TOPOLOGY, an_event
from tests.stores import memory_store


class UnsurePublisher:
    """A broker whose confirms can be decided by the test."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.outcome = Outcome.UNKNOWN

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        self.seen += [message.message_id for message in messages]
        return [self.outcome for _ in messages]

    def rest(self, seconds: float) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def store() -> Store:
    """Return an empty store."""
    return memory_store("registry", service_metadata())


def say(store: Store, *references: str) -> None:
    """Record events in one unit of work."""
    with store.begin(SOMEBODY) as work:
        for reference in references:
            work.record(an_event(reference=reference))


def waiting(store: Store) -> int:
    """Return how many events are not yet published."""
    with store.read() as connection:
        return outbox.backlog(connection, store.metadata).waiting


def test_events_arrive_in_the_order_they_were_said(store: Store) -> None:
    """And are marked, so that they go once."""
    broker = InMemoryBroker(TOPOLOGY, store.clock)
    relay = Relay(store, broker.publisher())
    say(store, "first", "second")
    say(store, "third")

    assert relay.step() == 3
    assert relay.step() == 0

    envelopes = [parse(d.body) for d in broker.subscriber(PAPERS.queue).poll(10)]
    assert [getattr(e.event, "reference", None) for e in envelopes] == ["first", "second", "third"]
    assert waiting(store) == 0


def test_what_a_rolled_back_unit_said_is_never_published(store: Store) -> None:
    """No commit, no event."""

    def fail_after_saying(work: UnitOfWork) -> None:
        work.record(an_event())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.transact(SOMEBODY, fail_after_saying)

    assert waiting(store) == 0


def test_a_broker_that_is_away_loses_nothing(store: Store) -> None:
    """The events wait in the outbox and go when it is back."""
    broker = InMemoryBroker(TOPOLOGY, store.clock)
    relay = Relay(store, broker.publisher())
    say(store, "a")
    broker.stop()
    with pytest.raises(BrokerUnavailable):
        relay.step()
    assert waiting(store) == 1

    broker.start()

    assert relay.step() == 1


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.REFUSED, Outcome.RETURNED])
def test_only_what_was_confirmed_counts_as_published(store: Store, outcome: Outcome) -> None:
    """Anything else is published again, under the same id."""
    publisher = UnsurePublisher()
    publisher.outcome = outcome
    relay = Relay(store, publisher)
    say(store, "a")

    assert relay.step() == 0
    publisher.outcome = Outcome.CONFIRMED
    assert relay.step() == 1

    assert publisher.seen[0] == publisher.seen[1]


def test_any_number_of_events_that_find_no_queue_hold_up_no_other(store: Store) -> None:
    """A service that is not there yet is missed by nobody who waits for what others say."""
    restored = RESTORATIONS["registry"]
    questions = Subscription("matching", "restorations", (restored,))
    broker = InMemoryBroker(Topology((PAPERS, questions)), store.clock)
    broker.lose(questions.queue)
    relay = Relay(store, broker.publisher())
    with store.begin(SOMEBODY) as work:
        for _ in range(2 * WINDOW):
            work.record(restored(queue="registry.questions", event_types=("any",)))
    say(store, "heard")

    while relay.step():
        assert relay.trouble is not None

    assert broker.depths()[PAPERS.queue] == 1
    assert relay.trouble is not None

    for queue in queues_of(questions):
        broker.make_queue(queue)
        for exchange, routing_key in queue.bindings:
            broker.bind(queue.name, exchange, routing_key)
    while relay.step():
        pass
    assert waiting(store) == 0
    assert relay.trouble is None


class GrudgingPublisher(UnsurePublisher):
    """A broker that refuses every third message it is given."""

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        first = len(self.seen)
        super().publish(messages)
        return [
            Outcome.REFUSED if (first + place) % 3 == 2 else Outcome.CONFIRMED
            for place in range(len(messages))
        ]


def published_again(store: Store, publisher: UnsurePublisher) -> Relay:
    """Return a relay that is asked to say once more what it has said, to this broker."""
    Relay(store, InMemoryBroker(TOPOLOGY, store.clock).publisher()).step()
    with store.begin(SOMEBODY) as work:
        republication.order(work, store.metadata, [an_event().event_type])
    return Relay(store, publisher)


def test_what_is_said_again_gets_as_far_as_the_broker_took_it(store: Store) -> None:
    """A window of which something is always refused would begin anew for ever."""
    say(store, *(str(number) for number in range(20)))
    publisher = GrudgingPublisher()
    relay = published_again(store, publisher)

    steps = 0
    while relay.step() or relay.trouble:
        steps += 1
        assert steps < 60

    assert len(set(publisher.seen)) == 20


def test_what_is_said_again_does_not_flood_others_while_one_queue_is_full(store: Store) -> None:
    """Where the first is refused it is tried alone until it is taken."""
    say(store, *(str(number) for number in range(20)))
    publisher = UnsurePublisher()
    publisher.outcome = Outcome.REFUSED
    relay = published_again(store, publisher)

    for _ in range(5):
        relay.step()
    assert len(publisher.seen) == 20 + 4
    publisher.outcome = Outcome.CONFIRMED
    for _ in range(10):
        relay.step()

    assert len(set(publisher.seen)) == 20
    assert relay.trouble is None
    assert relay.step() == 0


def test_what_was_published_is_forgotten_however_much_older_still_waits(store: Store) -> None:
    """Events for a service that was never there must not keep all others in the outbox."""
    with store.begin(SOMEBODY) as work:
        for reference in ("waits", "waits, too", "goes"):
            work.record(an_event(reference=reference))
    with store.begin(SOMEBODY) as work:
        long_ago = work.now - PUBLISHED_KEPT - timedelta(days=1)
        outbox.mark_published(work.connection, store.metadata, [3], long_ago)

    with store.begin(SOMEBODY) as work:
        assert forget_old(work, store.metadata, at_once=2) == 1

    assert waiting(store) == 2
