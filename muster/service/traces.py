"""Messages in their traces: spans of a batch that is taken, of each message in it, of publishing.

As OpenTelemetry's conventions for messaging have it. An event carries the span that said it; to
take a batch is a `receive` span with a link to each of these, and to handle one of its events is a
`process` span below the one the event carries.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from muster.messaging.envelope import Envelope, traceparent_in
from muster.messaging.ports import OutboundMessage, Outcome, Publisher
from muster.messaging.topology import Subscription
from muster.observability.spans import Kind, Span, Tracer
from muster.observability.trace_context import SpanContext, journey_of, parse_traceparent
from muster.observability.tracing import current, during

Taken = Sequence[tuple[Envelope, int]]  # and how often it was retried before

_SYSTEM = "rabbitmq"
_ID = "messaging.message.id"


class Receipt(Span):
    """A batch that is taken. It is kept if one of its messages is of a trace that is."""

    __slots__ = ("_failed", "_kept")

    def __init__(self, tracer: Tracer, subscription: Subscription, taken: Taken) -> None:
        origins = {envelope.id: _origin(tracer, envelope) for envelope, _ in taken}
        kept = any(origin is not None and origin.sampled for origin in origins.values())
        queue = subscription.queue
        super().__init__(tracer, f"receive {queue}", Kind.CONSUMER, tracer.new_trace(sampled=kept))
        self._kept: dict[str, Span] = {}
        self._failed: dict[str, tuple[Span, Exception, int]] = {}
        parts: dict[str, Span] = {}
        for envelope, attempt in taken:
            origin = origins[envelope.id]
            if origin is None:
                continue
            if origin.sampled:
                self.links.append(origin)
                part = self._kept[envelope.id] = self._process(envelope, attempt, origin, queue)
            else:  # nothing is kept of it, but what it causes is to know so
                part = Span(tracer, "", Kind.CONSUMER, origin)
            part.parts = parts
            parts[envelope.id] = part
        self.parts = parts
        if kept:
            self.attributes |= {
                **_words("receive", queue),
                "messaging.batch.message_count": len(taken),
            }

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
        span = self.tracer.start(f"process {queue}", Kind.CONSUMER, origin)
        span.links = [origin, self.context]
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
    origins = [parse_traceparent(traceparent_in(message.body)) for message in messages]
    began = tracer.now_ns()
    outcomes = publisher.publish(messages)
    for message, origin, outcome in zip(messages, origins, outcomes, strict=True):
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


def _origin(tracer: Tracer, envelope: Envelope) -> SpanContext | None:
    """Return what the event descends from: what it says, or else its journey."""
    found = parse_traceparent(envelope.context.traceparent)
    request_id: str | None = getattr(envelope.event, "request_id", None)
    if found is not None or request_id is None:
        return found
    journey = journey_of(request_id)
    return journey_of(request_id, sampled=tracer.samples(journey.trace_id))
