"""Spans on their way to a collector, by OpenTelemetry's SDK; imported only where tracing is on.

The SDK batches, encodes and sends, on a thread of its own. Ids, parents and what is kept are ours
(`muster.observability.spans`): it gets spans that have ended.
"""

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import SpanContext as TheirContext

from muster.observability.spans import EndedSpan
from muster.observability.trace_context import SpanContext

SEND_SECONDS = 5.0  # one batch may take so long, attempts again included; then it is given up
CLOSE_SECONDS = 2.0  # what is left when the process ends may take so long
_PATH = "/v1/traces"

log = logging.getLogger("muster.tracing")


class OtlpSink:
    """Hands spans to a collector. What it does not take in time is dropped, and that is told."""

    def __init__(self, processor: SpanProcessor, exporter: SpanExporter, process: str) -> None:
        self._exporter = exporter
        self._ids = _GivenIds()
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create(_resource(process)),
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("muster")
        self._closed = False

    def emit(self, span: EndedSpan) -> None:
        """Take a span of a trace that is kept."""
        with self._ids.given(span.context):
            theirs = self._tracer.start_span(
                span.name,
                context=_below(span.parent),
                kind=SpanKind[span.kind.value],
                attributes=span.attributes,
                links=[Link(_theirs(each)) for each in span.links],
                start_time=span.started_ns,
            )
        if span.error is not None:
            theirs.set_status(Status(StatusCode.ERROR, span.error))
            theirs.set_attribute("error.type", span.error.partition(":")[0])
        theirs.end(span.ended_ns)

    def close(self) -> None:
        """Send what is left, if that goes quickly, and end the thread; idempotent."""
        if self._closed:
            return
        self._closed = True
        ending = threading.Thread(target=self._provider.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)
        if ending.is_alive():  # the collector is away: the rest is not worth to wait for
            self._exporter.shutdown()


def open_sink(endpoint: str, process: str) -> OtlpSink:
    """Return what sends to the collector at this address, over OTLP/HTTP.

    Headers, certificates and compression go by the exporter's own variables, OTEL_EXPORTER_OTLP_…
    """
    # Whoever cannot send tells so once; the SDK would say so for every batch.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    exporter = ToldOnce(
        OTLPSpanExporter(endpoint.rstrip("/") + _PATH, timeout=SEND_SECONDS), endpoint
    )
    return OtlpSink(BatchSpanProcessor(exporter), exporter, process)


class ToldOnce(SpanExporter):
    """An exporter that tells when it begins to fail, and when it works again."""

    def __init__(self, exporter: SpanExporter, endpoint: str) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._fails = False
        self._dropped = 0
        self._ended = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch, or drop it."""
        if self._ended:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            if self._fails:
                log.info("traces are taken again", extra={"dropped_spans": self._dropped})
            self._fails, self._dropped = False, 0
        else:
            if not self._fails:
                log.warning(
                    "traces are not taken, and are dropped until they are; "
                    "look at the collector, or unset MUSTER_OTLP_ENDPOINT",
                    extra={"endpoint": self._endpoint},
                )
            self._fails = True
            self._dropped += len(spans)
        return result

    def shutdown(self) -> None:
        """Give up; whatever is being sent is aborted. Idempotent."""
        if not self._ended:
            self._ended = True
            self._exporter.shutdown()


class _GivenIds(IdGenerator):
    """Gives a span the ids it was given long ago."""

    def __init__(self) -> None:
        self._given: ContextVar[SpanContext] = ContextVar("muster_given_ids")

    def given(self, context: SpanContext) -> "_Given":
        """Let the span that is made inside have these ids."""
        return _Given(self._given, context)

    def generate_span_id(self) -> int:
        """Return the id of the span that is made."""
        return int(self._given.get().span_id, 16)

    def generate_trace_id(self) -> int:
        """Return the id of the trace whose first span is made."""
        return int(self._given.get().trace_id, 16)


class _Given:
    def __init__(self, variable: ContextVar[SpanContext], context: SpanContext) -> None:
        self._variable = variable
        self._context = context

    def __enter__(self) -> None:
        self._token = self._variable.set(self._context)

    def __exit__(self, *_: object) -> None:
        self._variable.reset(self._token)


def _below(parent: SpanContext | None) -> Context:
    return Context() if parent is None else set_span_in_context(NonRecordingSpan(_theirs(parent)))


def _theirs(context: SpanContext) -> TheirContext:
    flags = TraceFlags(TraceFlags.SAMPLED if context.sampled else TraceFlags.DEFAULT)
    return TheirContext(
        int(context.trace_id, 16), int(context.span_id, 16), is_remote=True, trace_flags=flags
    )


def _resource(process: str) -> Mapping[str, str | int]:
    return {
        "service.name": f"muster-{process}",
        "service.namespace": "muster",
        "process.pid": os.getpid(),
    }
