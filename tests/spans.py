"""Spans for tests: kept in memory, by OpenTelemetry's own exporter."""

from collections.abc import Iterable

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from muster.observability.otlp import OtlpSink
from muster.observability.spans import Tracer


class Traces:
    """What was traced, as a collector would get it."""

    def __init__(self, ratio: float = 1) -> None:
        self._exporter = InMemorySpanExporter()
        processor = SimpleSpanProcessor(self._exporter)
        self.tracer = Tracer(OtlpSink(processor, self._exporter, "test"), ratio)

    def __len__(self) -> int:
        return len(self._exporter.get_finished_spans())

    def all(self) -> tuple[ReadableSpan, ...]:
        """Return every span, in the order they ended."""
        return self._exporter.get_finished_spans()

    def of(self, trace_id: str) -> list[ReadableSpan]:
        """Return the spans of one trace."""
        return [span for span in self.all() if trace_of(span) == trace_id]

    def named(self, name: str) -> list[ReadableSpan]:
        """Return the spans of this name."""
        return [span for span in self.all() if span.name == name]

    def the(self, name: str) -> ReadableSpan:
        """Return the only span of this name."""
        (span,) = self.named(name)
        return span

    def clear(self) -> None:
        """Forget all of them."""
        self._exporter.clear()


def trace_of(span: ReadableSpan) -> str:
    """Return the trace a span is of."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


def id_of(span: ReadableSpan) -> str:
    """Return the id of a span."""
    assert span.context is not None
    return f"{span.context.span_id:016x}"


def parent_of(span: ReadableSpan) -> str | None:
    """Return the id of the span above it."""
    return None if span.parent is None else f"{span.parent.span_id:016x}"


def links_of(span: ReadableSpan) -> list[str]:
    """Return the ids of the spans it is linked to."""
    return [f"{link.context.span_id:016x}" for link in span.links]


def names_of(spans: Iterable[ReadableSpan]) -> set[str]:
    """Return how the spans are called."""
    return {span.name for span in spans}
