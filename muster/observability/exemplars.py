"""Exemplars: which trace a measured value belongs to, for those traces that are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Histogram

from muster.observability.trace_context import parse_traceparent
from muster.observability.tracing import current_trace_id

Exemplar = dict[str, str] | None


def exemplar(handed_on: str | None) -> Exemplar:
    """Return the exemplar of what is being done now, or was handed on with this `traceparent`.

    None if there is no trace, or one that nobody keeps: it would lead nowhere.
    """
    trace_id = current_trace_id()
    return {"trace_id": trace_id} if trace_id is not None else exemplar_of(handed_on)


def exemplar_of(traceparent: str | None) -> Exemplar:
    """Return the exemplar of what carries this `traceparent`, whatever is being done now."""
    found = parse_traceparent(traceparent) if traceparent else None
    return {"trace_id": found.trace_id} if found and found.sampled else None


@contextmanager
def timed(histogram: Histogram, handed_on: str | None) -> Iterator[None]:
    """Enter how long the inside takes, however it ends, with its exemplar."""
    started = perf_counter()
    try:
        yield
    finally:
        histogram.observe(perf_counter() - started, exemplar(handed_on))
