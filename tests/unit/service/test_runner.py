"""Services run until asked to stop, or until a part of one dies, and then all of them end."""

import threading
import time
from collections.abc import Callable, Sequence

import eventlet
import pytest

from muster.clock import SimulatedClock
from muster.contracts.registry import AuthorisationExpired
from muster.messaging.blueprint import Queue, retry_queues_of
from muster.messaging.envelope import Envelope
from muster.messaging.memory import InMemoryBroker
from muster.messaging.ports import Delivery, Subscriber
from muster.observability.spans import Tracer
from muster.observability.tracing import current, current_tracer
from muster.safeguards import NOTHING, Safeguard, Safeguards
from muster.service import background, subscribe, timer
from muster.service.platform import (
    STUCK_AFTER_SECONDS,
    BrokerAccess,
    Condition,
    Platform,
    SubscriberSource,
)
from muster.service.runner import LOOK_EVERY, run_services
from muster.storage.store import Store, StoreUnavailable
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork
from tests.events import PAPERS, SOMEBODY, TOPOLOGY, a_message
from tests.spans import Traces
from tests.stores import START, memory_store


class Unforeseen(Exception):
    """An error that nobody catches."""


class World:
    """One service over a broker in memory; a test decides when it is asked to stop."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(START)
        self.broker = InMemoryBroker(TOPOLOGY, self.clock)
        self.store: Store = memory_store("notify", service_metadata(), self.clock)
        self.condition = Condition()
        self.taken: list[str] = []

    def publish(self, *numbers: int) -> None:
        self.broker.publisher().publish([a_message(number) for number in numbers])

    def run(
        self,
        service: type,
        until: Callable[[], bool],
        source: SubscriberSource | None = None,
        drain_seconds: float = 5,
        without: Safeguards = NOTHING,
        tracer: Tracer | None = None,
    ) -> None:
        platform = Platform(
            {"notify": self.store},
            {"notify": BrokerAccess(source or self.broker, self.broker.publisher())},
            batch_size=2,
            drain_seconds=drain_seconds,
            condition=self.condition,
            without=without,
            tracer=tracer,
        )
        run_services([service], platform, until)

    def listener(self) -> type:
        """Return a service that notes what it hears."""
        taken = self.taken

        class Listener:
            name = "notify"

            @subscribe("papers", AuthorisationExpired, batched=True)
            def hear(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
                taken.extend(envelope.id for envelope in envelopes)

        return Listener


class Faulty:
    """A subscriber, and the source of it, whose polls fail as nobody foresaw."""

    closed = False

    def subscriber(self, queue: str, prefetch: int) -> Subscriber:
        return self

    def poll(self, limit: int) -> list[Delivery]:
        raise Unforeseen("of a kind that no handler knows")

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Never asked."""

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Never asked."""

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def world() -> World:
    """Return a quiet world."""
    return World()


def test_services_take_messages_until_they_are_asked_to_stop(world: World) -> None:
    """Then everything is settled, and the runner returns."""
    world.publish(1, 2, 3)

    world.run(world.listener(), until=lambda: len(world.taken) == 3)

    assert world.taken == ["evt_1", "evt_2", "evt_3"]
    assert world.broker.depths()[PAPERS.queue] == 0


@pytest.mark.parametrize(
    ("without", "batch_seconds", "taken", "left"),
    [(NOTHING, 3 * LOOK_EVERY, ["evt_1"], 0), (frozenset({Safeguard.DRAIN}), 60, [], 1)],
)
def test_what_is_in_hand_is_finished_before_the_end_unless_nothing_is_drained(
    world: World, without: Safeguards, batch_seconds: float, taken: list[str], left: int
) -> None:
    """Without draining the batch is torn off in the middle, and comes again."""
    in_hand: list[str] = []

    class Slow:
        name = "notify"

        @subscribe("papers", AuthorisationExpired)
        def hear(self, work: UnitOfWork, envelope: Envelope) -> None:
            in_hand.append(envelope.id)
            eventlet.sleep(batch_seconds)
            world.taken.append(envelope.id)

    world.publish(1)
    world.run(Slow, until=lambda: bool(in_hand), without=without)

    assert world.taken == taken
    assert world.broker.depths()[PAPERS.queue] == left


def test_a_batch_that_does_not_end_in_time_is_left_to_the_next_process(world: World) -> None:
    """The deadline that was set counts: whoever deploys kills what takes much longer."""
    in_hand: list[str] = []

    class Endless:
        name = "notify"

        @subscribe("papers", AuthorisationExpired)
        def hear(self, work: UnitOfWork, envelope: Envelope) -> None:
            in_hand.append(envelope.id)
            eventlet.sleep(60)

    world.publish(1)
    begun = time.monotonic()
    world.run(Endless, until=lambda: bool(in_hand), drain_seconds=0.5)

    assert 0.5 <= time.monotonic() - begun < 10
    assert world.broker.depths()[PAPERS.queue] == 1


def test_an_unforeseen_error_ends_the_process_and_says_so(world: World) -> None:
    """Whoever supervises it starts it again; it does not linger, deaf, with a green light."""
    source = Faulty()

    with pytest.raises(Unforeseen):
        world.run(world.listener(), until=lambda: False, source=source)

    assert source.closed


def test_a_process_is_not_ready_before_its_first_poll(world: World) -> None:
    """And ready after it."""
    seen: list[list[str]] = []

    class Watched(Faulty):
        def poll(self, limit: int) -> list[Delivery]:
            seen.append(world.condition.reasons())
            return []

    world.run(world.listener(), until=lambda: len(seen) > 1, source=Watched())

    assert seen[:2] == [[f"queue {PAPERS.queue}: not polled yet"], []]


class Mending:
    """Subscribers whose polls, once a message was handed out, make what is missing at the broker.

    That is what those of RabbitMQ do. It is all a service has whose one queue has work in hand.
    """

    def __init__(self, broker: InMemoryBroker, missing: Queue) -> None:
        self._broker = broker
        self._missing = missing
        self._handed_out = False

    def subscriber(self, queue: str, prefetch: int) -> Subscriber:
        self._subscriber = self._broker.subscriber(queue, prefetch)
        return self

    def poll(self, limit: int) -> list[Delivery]:
        if self._handed_out:
            self._broker.make_queue(self._missing)
        deliveries = self._subscriber.poll(limit)
        self._handed_out = self._handed_out or bool(deliveries)
        return deliveries

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self._subscriber.ack(deliveries)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        self._subscriber.release(deliveries)

    def close(self) -> None:
        self._subscriber.close()


def test_a_lost_retry_queue_is_made_again_while_a_message_waits_to_go_there(world: World) -> None:
    """Whoever holds on to a batch still looks after the broker, or would hold on for ever."""

    class Failing:
        name = "notify"

        @subscribe("papers", AuthorisationExpired)
        def hear(self, work: UnitOfWork, envelope: Envelope) -> None:
            raise Unforeseen

    retries = retry_queues_of("notify")[0]
    world.broker.lose(retries.name)
    world.publish(1)
    gives_up_at = time.monotonic() + 5

    def put_off() -> bool:
        return world.broker.depths()[retries.name] == 1 or time.monotonic() > gives_up_at

    world.run(Failing, until=put_off, source=Mending(world.broker, retries))

    assert world.broker.depths()[retries.name] == 1
    assert world.broker.depths()[PAPERS.queue] == 0


def test_a_batch_that_is_too_much_for_one_transaction_is_taken_in_parts(world: World) -> None:
    """The database ends what takes it too long; the same again would take as long again."""

    class Slow:
        name = "notify"

        @subscribe("papers", AuthorisationExpired, batched=True)
        def hear(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
            if len(envelopes) > 1:
                raise StoreUnavailable("canceling statement due to statement timeout")
            world.taken.extend(envelope.id for envelope in envelopes)

    world.publish(1, 2)
    gives_up_at = time.monotonic() + 5

    def done() -> bool:
        return len(world.taken) == 2 or time.monotonic() > gives_up_at

    world.run(Slow, until=done)

    assert world.taken == ["evt_1", "evt_2"]
    assert world.broker.depths()[PAPERS.queue] == 0


def test_what_runs_on_a_thread_of_its_own_is_given_the_tracer(world: World) -> None:
    """Nothing is handed on to a thread by itself; and what comes around for ever is not kept."""
    traces = Traces()
    given: list[object] = []

    class Couriers:
        name = "notify"

        @background("carry", every_seconds=60)
        def carry(self, store: Store) -> bool:
            given.append(current_tracer())
            return False

    world.run(Couriers, until=lambda: bool(given), tracer=traces.tracer)

    assert given == [traces.tracer]
    assert len(traces) == 0
    assert current.get() is None


def test_a_background_round_that_takes_its_time_holds_up_no_queue_at_the_end(world: World) -> None:
    """What was prefetched goes back at once, for others to take."""
    queue_closed = threading.Event()
    closed_in_time: list[bool] = []

    class Watched(Faulty):
        def poll(self, limit: int) -> list[Delivery]:
            return []

        def close(self) -> None:
            queue_closed.set()

    class Slow:
        name = "notify"

        @subscribe("papers", AuthorisationExpired)
        def hear(self, work: UnitOfWork, envelope: Envelope) -> None:
            """Hear nothing."""

        @background("slow", every_seconds=60)
        def work_slowly(self, store: Store) -> bool:
            closed_in_time.append(queue_closed.wait(5))
            return False

    world.run(Slow, until=lambda: not world.condition.reasons(), source=Watched())

    assert closed_in_time == [True]


def test_due_timers_fire_while_services_run(world: World) -> None:
    """Each once."""
    fired: list[str] = []

    class Clock:
        name = "notify"

        @timer("reminder")
        def remind(self, work: UnitOfWork, subject: str) -> None:
            fired.append(subject)

    with world.store.begin(SOMEBODY) as work:
        work.schedule("reminder", "a", work.now)

    world.run(Clock, until=lambda: bool(fired))

    assert fired == ["a"]


def test_a_loop_that_does_not_come_around_is_a_reason_not_to_be_ready() -> None:
    """A handler that hangs blocks everything, and the endpoint answers from another thread."""
    now = [0.0]
    condition = Condition(lambda: now[0])
    now[0] = 1_000_000
    assert condition.reasons() == []
    condition.pulse()

    now[0] += STUCK_AFTER_SECONDS + 1

    assert condition.reasons() == ["nothing has moved for 61 s"]
