"""What is being done now, and in which trace.

While tracing is off there is no `Tracer` and never a current span, and to ask costs a look.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token

from muster.contracts.event import Event
from muster.observability.spans import Kind, Span, Tracer, Value
from muster.observability.trace_context import parse_traceparent

# What this thread or task does; None where tracing is off, and wherever nothing was begun.
current: ContextVar[Span | None] = ContextVar("muster_span", default=None)


def current_trace_id() -> str | None:
    """Return the trace of what is being done now, if it is kept; None while tracing is off."""
    span = current.get()
    return span.told.trace_id if span is not None and span.told.sampled else None


def current_tracer() -> Tracer | None:
    """Return what makes spans here; to be asked for before work goes to another thread."""
    span = current.get()
    return None if span is None else span.tracer


def traceparent_of(event: Event, handed_on: str | None) -> str | None:
    """Return what an event carries that is said now; `handed_on` is from who caused it."""
    span = current.get()
    return handed_on if span is None else span.traceparent_of(event)


def traceparent_under(message_id: str, handed_on: str | None) -> str | None:
    """Return the place in a trace of what is done about one message of the batch at hand."""
    span = current.get()
    part = None if span is None else span.part(message_id)
    return handed_on if part is None else part.context.traceparent


def turn_to(message_id: str) -> Token[Span | None] | None:
    """Let what follows be done about one message of the batch at hand, until `turn_back`."""
    span = current.get()
    part = None if span is None else span.part(message_id)
    return None if part is None else current.set(part)


def turn_back(token: Token[Span | None] | None) -> None:
    """Let what follows be done about the whole batch again."""
    if token is not None:
        current.reset(token)


@contextmanager
def during(span: Span) -> Iterator[Span]:
    """Let the span be what is done inside, and end it then; an exception is its failure."""
    token = current.set(span)
    try:
        yield span
    except BaseException as error:
        span.fail(error)
        raise
    finally:
        current.reset(token)
        span.end()


def calling(
    tracer: Tracer | None, name: str, below: str | None, attributes: Mapping[str, Value]
) -> AbstractContextManager[Span | None]:
    """Let a call of somebody outside be what is done inside, as a part of `below`, a traceparent.

    None where tracing is off, and for what was of no trace when it was asked for.
    """
    origin = None if tracer is None else parse_traceparent(below)
    if tracer is None or origin is None:
        return nullcontext()
    span = tracer.start(name, Kind.CLIENT, origin)
    span.attributes.update(attributes)
    return during(span)


def doing(
    tracer: Tracer | None, name: str, attributes: Mapping[str, Value]
) -> AbstractContextManager[Span | None]:
    """Let a span that joins the journey it turns out to be part of be what is done inside."""
    if tracer is None:
        return nullcontext()
    span = tracer.start(name, Kind.INTERNAL, joins=True)
    span.attributes.update(attributes)
    return during(span)
