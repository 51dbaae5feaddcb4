"""Spans, while they last, and what makes them.

A span is handed on to a `Sink` when it has ended, and not before: so one that belongs to a journey
may find out late, and be in that journey's trace all the same. Nothing here knows OpenTelemetry.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from muster.contracts.event import Event
from muster.contracts.matching import RequestSubmitted
from muster.observability.trace_context import SpanContext, journey_of

Value = str | int | float | bool

_BITS_COMPARED = 64  # of a trace id: the last ones, as OpenTelemetry's own sampler does


class Kind(StrEnum):
    """What a span does, in OpenTelemetry's words."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class EndedSpan:
    """A span as it is kept. `error` says why it failed, if it did."""

    name: str
    kind: Kind
    context: SpanContext
    parent: SpanContext | None
    links: tuple[SpanContext, ...]
    attributes: Mapping[str, Value]
    started_ns: int
    ended_ns: int
    error: str | None


class Sink(Protocol):
    """Takes spans that have ended. It never blocks and never raises."""

    def emit(self, span: EndedSpan) -> None:
        """Take a span of a trace that is kept."""
        ...

    def close(self) -> None:
        """Send what is left, if that goes quickly, and end; idempotent."""
        ...


class Span:
    """Something that is being done. One that `joins` goes over to the journey it turns out to be
    part of."""

    __slots__ = (
        "_context",
        "attributes",
        "error",
        "joins",
        "kind",
        "links",
        "name",
        "parent",
        "started_ns",
        "tracer",
    )

    def __init__(
        self,
        tracer: "Tracer",
        name: str,
        kind: Kind,
        context: SpanContext,
        parent: SpanContext | None = None,
        *,
        joins: bool = False,
    ) -> None:
        self.tracer = tracer
        self.name = name
        self.kind = kind
        self._context = context
        self.parent = parent
        self.joins = joins
        self.links: list[SpanContext] = []
        self.attributes: dict[str, Value] = {}
        self.error: str | None = None
        self.started_ns = tracer.now_ns()

    @property
    def context(self) -> SpanContext:
        """Return where it stands."""
        return self._context

    @property
    def told(self) -> SpanContext:
        """Return what to name when somebody asks what is being done."""
        return self.context

    def part(self, message_id: str) -> "Span | None":  # noqa: ARG002
        """Return the part of it that is about this message, if it has parts."""
        return None

    def fail(self, error: BaseException | str) -> None:
        """Note that it failed, and why."""
        said = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        self.error = said[:500]

    def end(self, ended_ns: int | None = None) -> None:
        """Hand it on, if its trace is kept."""
        if self.context.sampled:
            self.tracer.keep(self, ended_ns)

    def traceparent_of(self, event: Event) -> str:
        """Return what an event carries that is said now: this span, in the event's own journey."""
        request_id: str | None = getattr(event, "request_id", None)
        if request_id is None:
            return self.context.traceparent
        journey = journey_of(request_id, sampled=True)
        if journey.trace_id == self.context.trace_id:
            return self.context.traceparent
        opens = isinstance(event, RequestSubmitted)
        # Also a second time: the first transaction was rolled back, and its request with it.
        may_join = self.joins or (opens and self.parent is None)
        if may_join and self.tracer.samples(journey.trace_id):
            self._join(journey, opens=opens)
            self.attributes["muster.request_id"] = request_id
            return self.context.traceparent
        return self.say_in(journey, event)

    def _join(self, journey: SpanContext, *, opens: bool) -> None:
        if self.parent is not None:
            self.links.append(self.parent)
        self.parent = None if opens else journey
        self._context = journey if opens else replace(journey, span_id=self.tracer.new_span_id())
        self.joins = False

    def say_in(self, journey: SpanContext, event: Event) -> str:
        """Return what an event carries that something of this trace says in another journey."""
        if not self.tracer.samples(journey.trace_id):
            return replace(journey, sampled=False).traceparent
        span = self.tracer.start(f"create {event.owner()}.events", Kind.PRODUCER, journey)
        if self.context.sampled:
            span.links.append(self.context)
        span.attributes["messaging.operation.type"] = "create"
        span.attributes["messaging.rabbitmq.destination.routing_key"] = event.routing_key()
        span.end()
        return span.context.traceparent


class Tracer:
    """Makes the spans of one process. Safe to share between threads."""

    def __init__(
        self,
        sink: Sink,
        ratio: float,
        now_ns: Callable[[], int] = time.time_ns,
        bits: Callable[[int], int] = random.getrandbits,
    ) -> None:
        self.now_ns = now_ns
        self._sink = sink
        self._bits = bits
        self._bound: int = round(ratio * 2**_BITS_COMPARED)

    def samples(self, trace_id: str) -> bool:
        """Tell whether a trace is kept that nobody has decided on: the same in every process."""
        last: int = int(trace_id[16:], 16)
        return last < self._bound

    def new_span_id(self) -> str:
        """Return an id that no other span has."""
        return f"{self._bits(64) or 1:016x}"

    def new_trace(self, *, sampled: bool | None = None) -> SpanContext:
        """Return the first span of a new trace; chance decides if nobody did whether it is kept."""
        trace_id = f"{self._bits(128) or 1:032x}"
        kept = self.samples(trace_id) if sampled is None else sampled
        return SpanContext(trace_id, self.new_span_id(), kept)

    def start(
        self, name: str, kind: Kind, parent: SpanContext | None = None, *, joins: bool = False
    ) -> Span:
        """Begin a span: a part of what `parent` is part of, and kept if that is; or of a new trace.

        Whoever begins it ends it.
        """
        if parent is None:
            context = self.new_trace()
        else:
            context = replace(parent, span_id=self.new_span_id())
        return Span(self, name, kind, context, parent, joins=joins)

    def quiet(self) -> Span:
        """Begin a span that is not kept: for what comes around all the time."""
        return Span(self, "", Kind.INTERNAL, self.new_trace(sampled=False))

    def keep(self, span: Span, ended_ns: int | None = None) -> None:
        """Hand on a span that has ended."""
        ended = EndedSpan(
            span.name,
            span.kind,
            span.context,
            span.parent,
            tuple(span.links),
            span.attributes,
            span.started_ns,
            ended_ns or self.now_ns(),
            span.error,
        )
        self._sink.emit(ended)

    def close(self) -> None:
        """Send what is left, if that goes quickly; idempotent."""
        self._sink.close()
