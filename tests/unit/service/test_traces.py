"""A batch is linked to what its messages descend from, and each message is handled in its trace."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import select

from muster.clock import SimulatedClock
from muster.context import Context
from muster.contracts.matching import RequestSubmitted
from muster.contracts.vocabulary.errors import DomainError, TransientError
from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.contracts.vocabulary.values import Place, Position, Window
from muster.messaging.envelope import Envelope, parse, traceparent_in
from muster.messaging.memory import InMemoryBroker
from muster.messaging.ports import OutboundMessage
from muster.observability.spans import Kind
from muster.observability.trace_context import SpanContext, journey_of, parse_traceparent
from muster.observability.tracing import current, current_trace_id
from muster.service.inlet import BatchHandler, Inlet, one_by_one
from muster.service.relay import Relay
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork
from tests.events import PAPERS, SOMEBODY, TOPOLOGY, a_message, an_envelope, an_event
from tests.spans import Traces, id_of, links_of, parent_of, trace_of
from tests.stores import START, memory_store
from tests.unit.notify.builders import offer_sent

QUEUE = PAPERS.queue


def origin(number: int, *, sampled: bool = True) -> SpanContext:
    """Return the span that said the event of this number."""
    return SpanContext(f"{number:032x}", f"{number:016x}", sampled)


def message(number: int, said_by: SpanContext | None) -> OutboundMessage:
    """Return a message that carries the span that said it."""
    envelope = an_envelope(number)
    carried = None if said_by is None else said_by.traceparent
    context = replace(envelope.context, traceparent=carried)
    return a_message(number, replace(envelope, context=context).to_json())


class World:
    """A traced service that says one event for each it takes."""

    def __init__(self, ratio: float = 1) -> None:
        clock = SimulatedClock(START)
        self.traces = Traces(ratio)
        self.broker = InMemoryBroker(TOPOLOGY, clock)
        self.store: Store = memory_store("notify", service_metadata(), clock)
        self.subscriber = self.broker.subscriber(QUEUE)

    def take(self, *messages: OutboundMessage, handler: BatchHandler | None = None) -> None:
        self.broker.publisher().publish(messages)
        inlet = Inlet(
            PAPERS,
            handler or self.handle,
            self.store,
            self.broker.publisher(),
            tracer=self.traces.tracer,
        )
        inlet.take(self.subscriber.poll(100))

    def handle(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            with work.caused_by(envelope):
                work.record(an_event(reference=envelope.id))

    def said(self) -> list[SpanContext | None]:
        """Return the spans that the events in the outbox carry."""
        outbox = self.store.metadata.tables["outbox_messages"]
        with self.store.read() as connection:
            bodies = connection.execute(select(outbox.c.body).order_by(outbox.c.sequence))
            return [parse_traceparent(parse(body).context.traceparent) for (body,) in bodies]


@pytest.fixture
def world() -> World:
    """Return a world that traces everything."""
    return World()


def test_a_batch_has_a_span_with_a_link_to_each_message(world: World) -> None:
    """It descends from none of them alone."""
    world.take(message(1, origin(1)), message(2, origin(2)))

    batch = world.traces.the(f"receive {QUEUE}")
    assert parent_of(batch) is None
    assert batch.kind is SpanKind.CONSUMER
    assert links_of(batch) == [origin(1).span_id, origin(2).span_id]
    assert batch.attributes is not None
    assert batch.attributes["messaging.batch.message_count"] == 2


def test_each_message_of_a_batch_is_handled_in_its_own_trace(world: World) -> None:
    """Below what said it, and what it causes below that, though all were handled together."""
    world.take(message(1, origin(1)), message(2, origin(2)))

    first, second = world.traces.named(f"process {QUEUE}")
    batch = world.traces.the(f"receive {QUEUE}")
    assert (trace_of(first), parent_of(first)) == (origin(1).trace_id, origin(1).span_id)
    assert (trace_of(second), parent_of(second)) == (origin(2).trace_id, origin(2).span_id)
    assert links_of(first) == [origin(1).span_id, id_of(batch)]
    assert world.said() == [
        SpanContext(origin(1).trace_id, id_of(first), sampled=True),
        SpanContext(origin(2).trace_id, id_of(second), sampled=True),
    ]


def test_a_handler_of_single_events_works_in_their_traces(world: World) -> None:
    """Who asks what is being done is told this message's trace, and else the first of the batch."""
    asked: list[str | None] = []

    def handle(work: UnitOfWork, envelope: Envelope) -> None:
        asked.append(current_trace_id())
        work.record(an_event())

    world.take(message(1, origin(1)), message(2, origin(2)), handler=one_by_one(handle))

    assert asked == [origin(1).trace_id, origin(2).trace_id]
    assert [it.trace_id for it in world.said() if it] == asked
    assert current.get() is None


def test_of_messages_that_nobody_samples_nothing_is_kept(world: World) -> None:
    """What they cause says so, too, in the same trace."""
    unsampled = origin(1, sampled=False)
    world.take(message(1, unsampled))

    assert len(world.traces) == 0
    assert world.said() == [unsampled]


def test_one_sampled_message_among_others_is_kept_alone(world: World) -> None:
    """The batch tells how many they were."""
    world.take(message(1, origin(1, sampled=False)), message(2, origin(2)), message(3, None))

    assert len(world.traces.named(f"process {QUEUE}")) == 1
    assert links_of(world.traces.the(f"receive {QUEUE}")) == [origin(2).span_id]


def test_a_repeat_leaves_no_second_span(world: World) -> None:
    """Nothing was done about it."""
    world.take(message(1, origin(1)), message(1, origin(1)))
    world.take(message(1, origin(1)))

    assert len(world.traces.named(f"process {QUEUE}")) == 1


def test_a_failing_message_is_marked_and_its_neighbours_are_not(world: World) -> None:
    """What was tried together and undone leaves no span of a message, but a mark on the batch's."""

    def handle(work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        if "evt_2" in [envelope.id for envelope in envelopes]:
            raise DomainError("not this one")

    world.take(*(message(number, origin(number)) for number in (1, 2, 3)), handler=handle)

    process = {
        dict(span.attributes or {})["messaging.message.id"]: span.status
        for span in world.traces.named(f"process {QUEUE}")
    }
    codes = {message_id: status.status_code for message_id, status in process.items()}
    assert codes == {
        "evt_1": StatusCode.UNSET,
        "evt_2": StatusCode.ERROR,
        "evt_3": StatusCode.UNSET,
    }
    assert process["evt_2"].description == "DomainError: not this one"
    batch = world.traces.the(f"receive {QUEUE}")
    assert batch.attributes is not None
    assert batch.attributes["muster.taken_one_by_one"] is True


def test_a_message_that_is_tried_again_stays_in_its_trace(world: World) -> None:
    """Each attempt is a span, with its number."""

    def fail(work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        raise TransientError("not now")

    world.take(message(1, origin(1)), handler=fail)
    clock = world.store.clock
    assert isinstance(clock, SimulatedClock)
    due = world.broker.next_due()
    assert due is not None
    clock.advance(due - clock.now())
    again = world.broker.subscriber(QUEUE).poll(1)
    Inlet(
        PAPERS, world.handle, world.store, world.broker.publisher(), tracer=world.traces.tracer
    ).take(again)

    spans = world.traces.named(f"process {QUEUE}")
    attempts = [dict(span.attributes or {})["muster.attempt"] for span in spans]
    assert attempts == [1, 2]
    assert {trace_of(span) for span in spans} == {origin(1).trace_id}


def test_an_event_of_another_journey_is_said_in_that_journey(world: World) -> None:
    """A member that is suspended sets many journeys going: each is linked to the cause."""
    event = offer_sent()

    def handle(work: UnitOfWork, envelope: Envelope) -> None:
        work.record(event)

    world.take(message(1, origin(1)), handler=one_by_one(handle))

    created, process = (
        world.traces.the("create matching.events"),
        world.traces.the(f"process {QUEUE}"),
    )
    journey = journey_of(event.request_id)
    assert (trace_of(created), parent_of(created)) == (journey.trace_id, journey.span_id)
    assert links_of(created) == [id_of(process)]
    assert created.kind is SpanKind.PRODUCER
    assert world.said() == [SpanContext(journey.trace_id, id_of(created), sampled=True)]


def test_an_event_of_a_sampled_journey_is_kept_whatever_caused_it(world: World) -> None:
    """What is kept of a journey does not depend on who set it going; there is nothing to link."""
    event = offer_sent()

    def handle(work: UnitOfWork, envelope: Envelope) -> None:
        work.record(event)

    world.take(message(1, origin(1, sampled=False)), handler=one_by_one(handle))

    created = world.traces.the("create matching.events")
    assert parent_of(created) == journey_of(event.request_id).span_id
    assert links_of(created) == []


def test_the_relay_leaves_a_span_of_what_it_published(world: World) -> None:
    """Below the span that said the event, whose context the message keeps."""
    world.take(message(1, origin(1)), message(2, origin(2, sampled=False)))
    said = world.said()[0]
    assert said is not None

    Relay(world.store, world.broker.publisher(), tracer=world.traces.tracer).step()

    span = world.traces.the("publish registry.events")
    assert span.kind is SpanKind.CLIENT
    assert (trace_of(span), parent_of(span)) == (said.trace_id, said.span_id)
    assert links_of(span) == [said.span_id]


def submitted(request_id: str) -> RequestSubmitted:
    """Return what is said of a new request."""
    return RequestSubmitted(
        request_id=RequestId(request_id),
        enterprise_id=OrganisationId("org_1"),
        status=RequestStatus.SUBMITTED,
        urgency=Urgency.URGENT,
        place=Place("KH", Position(11.56, 104.92), "Phnom Penh"),
        window=Window(START, START + timedelta(days=1)),
    )


def test_a_request_that_is_submitted_twice_in_one_go_opens_the_journey_that_is_kept() -> None:
    """A transaction that met a deadlock is run again, and its request has another id then."""
    span = Traces().tracer.start("POST", Kind.SERVER, joins=True)

    for request_id in ("req_undone", "req_kept"):
        said = span.traceparent_of(submitted(request_id))
        assert said == journey_of(request_id, sampled=True).traceparent


def test_a_traceparent_is_found_without_reading_the_event() -> None:
    """And one that only stands in a text is not taken for it."""
    envelope = replace(
        an_envelope(1, an_event(reference='"traceparent":"00-not-this"')),
        context=Context(Actor('x"traceparent":"y'), "cor_1", traceparent=origin(7).traceparent),
    )
    bare = replace(envelope, context=SOMEBODY)

    assert traceparent_in(envelope.to_json()) == origin(7).traceparent
    assert traceparent_in(bare.to_json()) is None
