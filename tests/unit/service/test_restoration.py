"""Whatever a lost queue held, or missed, takes effect once in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from muster.contracts.notify import NotificationFailed
from muster.messaging.blueprint import Queue, queues
from muster.messaging.envelope import parse
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.memory_clients import InMemoryPublisher
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.restoring import Restorer
from muster.messaging.retries import retry_message
from muster.messaging.topology import Topology
from muster.service.relay import Relay
from muster.service.restoration import QueueMemory
from tests.events import NOON
from tests.listeners import LISTENERS, TOPOLOGY
from tests.unit.service.alliance import Alliance, Meddlesome

PAPERS = "matching.papers"


@pytest.fixture
def alliance() -> Alliance:
    """Return services at rest, their queues in order."""
    alliance = Alliance()
    alliance.settle()
    return alliance


def publish(alliance: Alliance) -> None:
    """Publish what was said, and nothing more."""
    for relay in alliance.relays.values():
        relay.step()


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_doubled_whatever_is_lost_and_in_whatever_order_it_comes_back(
    seed: int,
) -> None:
    """Queues vanish, the broker is wiped, processes die between any two steps; all acts end."""
    alliance = Alliance(seed)
    alliance.meddling = True
    for _ in range(8):
        alliance.hearing.say()
        for _ in range(alliance.chance.randint(0, 30)):
            alliance.turn()
        if alliance.chance.random() < 0.2:
            alliance.broker.wipe()

    alliance.meddling = False
    alliance.settle()

    assert alliance.hearing.heard == alliance.hearing.expected()


@pytest.mark.parametrize("step", range(4))
def test_a_worker_that_dies_while_it_makes_a_queue_leaves_the_question_to_the_next(
    alliance: Alliance, step: int
) -> None:
    """Before or after it notes what it is about to do, before or after it asks."""
    alliance.hearing.say()
    publish(alliance)
    alliance.broker.lose(PAPERS)
    steps = count()

    assert not alliance.put_in_order("matching", lambda: next(steps) == step)
    alliance.settle()

    assert alliance.hearing.heard == alliance.hearing.expected()


def test_what_waits_to_be_tried_again_comes_back_when_the_retry_queue_is_lost(
    alliance: Alliance,
) -> None:
    """It stands in no work queue, and nobody else has it."""
    alliance.hearing.say()
    publish(alliance)
    subscriber = alliance.broker.subscriber(PAPERS)
    (delivery,) = subscriber.poll(1)
    again = retry_message(delivery, "matching", "the far end is away", NOON)
    assert again is not None
    alliance.broker.publish([again])
    subscriber.ack([delivery])
    alliance.broker.lose("matching.retry.5s")

    alliance.settle()
    alliance.clock.advance(timedelta(minutes=10))
    alliance.settle()

    assert alliance.hearing.heard == alliance.hearing.expected()


def test_queues_that_are_there_ask_for_nothing(alliance: Alliance) -> None:
    """A worker that connects again, or another that starts, has nothing published again."""
    alliance.hearing.say()
    publish(alliance)

    assert alliance.put_in_order("matching")
    assert alliance.put_in_order("notify")

    assert [relay.step() for relay in alliance.relays.values()] == [0, 0, 0, 0]


def test_a_queue_that_hears_more_after_an_upgrade_asks_for_that_alone(alliance: Alliance) -> None:
    """Whoever says it may have been upgraded long before."""
    wider = replace(LISTENERS[0], events=(*LISTENERS[0].events, NotificationFailed))
    alliance.topology = Topology((wider, *TOPOLOGY.subscriptions[1:]))

    assert alliance.put_in_order("matching")
    publish(alliance)

    asked = parse(alliance.broker.subscriber("notify.restorations").poll(1)[0].body)
    assert asked.event.model_dump() == {
        "queue": PAPERS,
        "event_types": (NotificationFailed.event_type,),
    }


def test_asking_ends(alliance: Alliance) -> None:
    """A question that is published again is a repeat: whoever has heard it does nothing more."""
    for _ in range(3):
        alliance.hearing.say()
        alliance.broker.wipe()
        alliance.settle()  # fails if somebody is still busy after many rounds

    assert [relay.step() for relay in alliance.relays.values()] == [0, 0, 0, 0]
    assert alliance.hearing.heard == alliance.hearing.expected()


class Vanishing(Meddlesome):
    """A broker where a queue is deleted just when all have been looked for and were there."""

    vanished = False

    def make_queue(self, queue: Queue) -> None:
        self._vanish()
        super().make_queue(queue)

    def bind(self, queue: str, exchange: str, routing_key: str) -> None:
        self._vanish()
        super().bind(queue, exchange, routing_key)

    def _vanish(self) -> None:
        if not self.vanished:
            self.vanished = True
            self._broker.lose(PAPERS)


def test_a_queue_that_vanishes_while_all_are_looked_over_is_not_made_in_silence(
    alliance: Alliance,
) -> None:
    """Whoever makes it has to ask for what it held."""
    memory = QueueMemory(alliance.stores["matching"])
    restorer = Restorer(TOPOLOGY, "matching", memory)
    assert restorer.put_in_order(alliance.broker)
    alliance.hearing.say()
    publish(alliance)
    broker = Vanishing(alliance)

    with pytest.raises(BrokerUnavailable):
        restorer.put_in_order(broker)
    assert restorer.put_in_order(broker)
    alliance.settle()

    assert broker.vanished
    assert alliance.hearing.heard == alliance.hearing.expected()


class Interrupted:
    """A publisher whose process stands still between the confirm and what follows it."""

    def __init__(self, publisher: InMemoryPublisher, alliance: Alliance) -> None:
        self._publisher = publisher
        self._alliance = alliance

    def publish(self, messages: Sequence[OutboundMessage]) -> list[Outcome]:
        """Publish, and let a queue be lost, made again, and asked for meanwhile."""
        outcomes = self._publisher.publish(messages)
        self._alliance.broker.lose(PAPERS)
        self._alliance.put_in_order("matching")
        self._alliance.relays["matching"].step()
        for take in self._alliance.takers:
            take()
        return outcomes

    def rest(self, seconds: float) -> None:
        """Return at once."""

    def close(self) -> None:
        """Do nothing."""


def test_what_is_published_but_not_marked_yet_is_published_again_too(alliance: Alliance) -> None:
    """It was sent before the queue was there, and is marked after it was asked for."""
    alliance.hearing.say()
    registry = alliance.stores["registry"]

    Relay(registry, Interrupted(alliance.broker.publisher(), alliance)).step()
    alliance.settle()

    assert alliance.hearing.heard == alliance.hearing.expected()


class LosesAfterTheLook(QueueMemory):
    """What matching remembers; while it looks that up a queue is lost that was there before."""

    def __init__(self, alliance: Alliance) -> None:
        super().__init__(alliance.stores["matching"])
        self._broker = alliance.broker

    def heard(self) -> Mapping[str, frozenset[str]]:
        """Return it."""
        self._broker.lose(PAPERS)
        return super().heard()


@pytest.mark.parametrize("lost_besides", ["matching.restorations", None])
def test_a_queue_that_is_lost_once_it_was_seen_is_not_made_without_asking(
    alliance: Alliance, lost_besides: str | None
) -> None:
    """Whether something else is made at the time or nothing."""
    alliance.hearing.say()
    publish(alliance)
    if lost_besides:
        alliance.broker.lose(lost_besides)

    with pytest.raises(BrokerUnavailable):
        Restorer(TOPOLOGY, "matching", LosesAfterTheLook(alliance)).put_in_order(alliance.broker)
    alliance.settle()

    assert alliance.hearing.heard == alliance.hearing.expected()


def test_every_queue_can_be_lost(alliance: Alliance) -> None:
    """One after the other, each with what it holds."""
    for queue in queues(TOPOLOGY):
        alliance.hearing.say()
        publish(alliance)
        alliance.broker.lose(queue.name)
        alliance.settle()

    assert alliance.hearing.heard == alliance.hearing.expected()
