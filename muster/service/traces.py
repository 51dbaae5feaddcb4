"""Messages in their traces: spans of a batch that is taken, of each message in it, of publishing.

As OpenTelemetry's conventions for messaging have it. An event carries the span that said it; to
take a batch is a `receive` span with a link to each of these, and to handle one of its events is a
`process` span below the one the event carries.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from muster.contracts.event import Event
from muster.messaging.envelope import Envelope, traceparent_in
from muster.messaging.ports import OutboundMessage, Outcome, Publisher
from muster.messaging.topology import Subscription
from muster.observability.spans import Kind, Span, Tracer
from muster.observability.trace_context import (
    SpanContext,
    is_of,
    is_unsampled,
    journey_of,
    parse_traceparent,
)
from muster.observability.tracing import current, during

Taken = Sequence[tuple[Envelope, int]]  # and how often it was retried before

_SYSTEM = "rabbitmq"
_ID = "messaging.message.id"


class Receipt(Span):
    """A batch that is taken. It is kept if one of its messages is of a trace that is."""

    __slots__ = ("_failed", "_handed_on", "_kept")

    def __init__(self, tracer: Tracer, subscription: Subscription, taken: Taken) -> None:
        origins = [_kept_origin(tracer, envelope) for envelope, _ in taken]
        links = [origin for origin in origins if origin is not None]
        queue = subscription.queue
        context = tracer.new_trace(sampled=bool(links))
        super().__init__(tracer, f"receive {queue}", Kind.CONSUMER, context)
        self._kept: dict[str, Span] = {}
        self._failed: dict[str, tuple[Span, Exception, int]] = {}
        self._handed_on: dict[str, str | None] = {
            envelope.id: envelope.context.traceparent for envelope, _ in taken
        }
        if links:
            self.links = links
            self.attributes |= {
                **_words("receive", queue),
                "messaging.batch.message_count": len(taken),
            }
            for (envelope, attempt), origin in zip(taken, origins, strict=True):
                if origin is not None:
                    self._kept[envelope.id] = self._process(envelope, attempt, origin, queue)

    def part(self, message_id: str) -> Span | None:
        """Return the span of one message, or what stands for it if that is not kept."""
        kept = self._kept.get(message_id)
        if kept is not None:
            return kept
        handed_on = self._handed_on.get(message_id)
        return None if handed_on is None else _Unkept(self, handed_on)

    @property
    def told(self) -> SpanContext:
        """Return the first message whose trace is kept: what somebody who asks wants to see."""
        return next(iter(self._kept.values()), self).context

    @contextmanager
    def attempt(self, message_ids: Collection[str]) -> Iterator["Attempt"]:
        """Keep how these were handled: all went well, or the only one failed and is not taken
        again; of some that failed together nothing, they are taken again one by one."""
        ids = dict.fromkeys(message_ids)
        attempt = Attempt([self._kept[each] for each in ids if each in self._kept])
        for each in ids:
            self._failed.pop(each, None)
        try:
            yield attempt
        except Exception as error:
            if len(ids) > 1:
                self.attributes["muster.taken_one_by_one"] = True
            else:
                now = self.tracer.now_ns()
                self._failed |= {each: (span, error, now) for each, span in attempt.by_id()}
            raise
        attempt.end()

    def end(self, ended_ns: int | None = None) -> None:
        """Keep it, and those that failed in the end."""
        for span, error, failed_ns in self._failed.values():
            span.fail(error)
            span.end(failed_ns)
        super().end(ended_ns)

    def _process(self, envelope: Envelope, attempt: int, origin: SpanContext, queue: str) -> Span:
        span = _Part(self, f"process {queue}", origin)
        span.attributes = {
            **_words("process", queue),
            _ID: envelope.id,
            "messaging.message.conversation_id": envelope.context.correlation_id,
            "messaging.rabbitmq.destination.routing_key": envelope.event.routing_key(),
            "muster.attempt": attempt + 1,
        }
        request_id = getattr(envelope.event, "request_id", None)
        if request_id is not None:
            span.attributes["muster.request_id"] = request_id
        return span


class _Part(Span):
    """What is done about one message of a batch."""

    __slots__ = ("_batch",)

    def __init__(self, batch: Receipt, name: str, origin: SpanContext) -> None:
        tracer = batch.tracer
        context = SpanContext(origin.trace_id, tracer.new_span_id(), origin.sampled)
        super().__init__(tracer, name, Kind.CONSUMER, context, origin)
        self._batch = batch
        self.links = [origin, batch.context]

    def part(self, message_id: str) -> Span | None:
        """Return the span of a message of the same batch."""
        return self._batch.part(message_id)


class _Unkept(Span):
    """Stands for a message whose trace is not kept, as most are not: so it has hardly anything."""

    __slots__ = ("_batch", "_handed_on")

    def __init__(self, batch: Receipt, handed_on: str) -> None:  # the rest is never asked for
        self.tracer = batch.tracer
        self._batch = batch
        self._handed_on = handed_on

    @property
    def context(self) -> SpanContext:
        """Return what said the message."""
        return parse_traceparent(self._handed_on) or self._batch.context

    def part(self, message_id: str) -> Span | None:
        """Return the span of a message of the same batch."""
        return self._batch.part(message_id)

    def traceparent_of(self, event: Event) -> str:
        """Return what was handed on; another journey's event may be of a trace that is kept."""
        request_id: str | None = getattr(event, "request_id", None)
        if request_id is None or is_of(self._handed_on, journey_of(request_id)):
            return self._handed_on
        return self.say_in(journey_of(request_id, sampled=True), event)


class Attempt:
    """One try at handling some messages."""

    def __init__(self, spans: list[Span]) -> None:
        self._spans = spans
        for span in spans:
            span.started_ns = span.tracer.now_ns()

    def only(self, fresh: Collection[str]) -> None:
        """Leave out those that were handled before: nothing is done about them."""
        self._spans = [span for each, span in self.by_id() if each in fresh]

    def by_id(self) -> list[tuple[str, Span]]:
        """Return what is tried, by the ids of the messages."""
        return [(str(span.attributes[_ID]), span) for span in self._spans]

    def end(self) -> None:
        """Keep what went well."""
        for span in self._spans:
            span.end()


def receiving(
    tracer: Tracer | None, subscription: Subscription, taken: Taken
) -> AbstractContextManager[object]:
    """Let the taking of this batch be what is done inside."""
    return nullcontext() if tracer is None else during(Receipt(tracer, subscription, taken))


def attempting(message_ids: Collection[str]) -> AbstractContextManager[Attempt | None]:
    """Keep how the messages are handled inside, of the batch that is being taken."""
    receipt = current.get()
    return receipt.attempt(message_ids) if isinstance(receipt, Receipt) else nullcontext()


def publish(
    tracer: Tracer | None, publisher: Publisher, messages: Sequence[OutboundMessage]
) -> list[Outcome]:
    """Publish, and keep a span of each event that was confirmed, below what said it.

    What was not stays in the outbox and is tried again at once; its trace shows the wait.
    """
    if tracer is None:
        return publisher.publish(messages)
    began = tracer.now_ns()
    outcomes = publisher.publish(messages)
    for message, outcome in zip(messages, outcomes, strict=True):
        said = traceparent_in(message.body)
        origin = None if is_unsampled(said) else parse_traceparent(said)
        if origin is not None and origin.sampled and outcome is Outcome.CONFIRMED:
            span = tracer.start(f"publish {message.exchange}", Kind.CLIENT, origin)
            span.started_ns = began
            span.links = [origin]
            span.attributes = {
                **_words("publish", message.exchange),
                _ID: message.message_id,
                "messaging.rabbitmq.destination.routing_key": message.routing_key,
            }
            span.end()
    return outcomes


def _words(operation: str, destination: str) -> dict[str, str | int | float | bool]:
    return {
        "messaging.system": _SYSTEM,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": destination,
    }


def _kept_origin(tracer: Tracer, envelope: Envelope) -> SpanContext | None:
    """Return what the event descends from, if that is kept: what it says, or else its journey."""
    said = envelope.context.traceparent
    if said is not None:
        found = None if is_unsampled(said) else parse_traceparent(said)
        return found if found is not None and found.sampled else None
    request_id: str | None = getattr(envelope.event, "request_id", None)
    if request_id is None or not tracer.samples(journey_of(request_id).trace_id):
        return None
    return journey_of(request_id, sampled=True)
