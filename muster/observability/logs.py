"""JSON logs, one object a line, each with the correlation id of what it belongs to.

While tracing is on also with the trace and the span: of what is being done, kept or not.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.orjson import OrjsonFormatter

from muster.observability.tracing import current

# What the current thread or task is working on; "" outside of any request or delivery.
correlation: ContextVar[str] = ContextVar("muster_correlation", default="")

_FIELDS = "%(levelname)s %(name)s %(message)s %(correlation_id)s"


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Let every log line written inside carry this correlation id."""
    token = correlation.set(correlation_id)
    try:
        yield
    finally:
        correlation.reset(token)


class CorrelationFilter(logging.Filter):
    """Adds `correlation_id`, and the trace, to every record that does not bring its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, marked."""
        if not hasattr(record, "correlation_id"):
            record.correlation_id = correlation.get()
        span = current.get()
        if span is not None and not hasattr(record, "trace_id"):
            record.trace_id, record.span_id = span.context.trace_id, span.context.span_id
        return True


def configure_logging(level: str, process: str) -> None:
    """Send all logs of this process to stderr as JSON lines that name the process.

    Replaces whatever handlers the root logger had; call it once, at the start of a process.
    """
    formatter = OrjsonFormatter(
        _FIELDS,
        rename_fields={"levelname": "level", "name": "logger"},
        static_fields={"process": process},
        timestamp="time",
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(CorrelationFilter())
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # A lost connection is told once, with its reason, by whoever lost it.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
