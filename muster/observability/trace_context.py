"""Where something stands in a trace, as W3C's `traceparent` says it; and which is a journey's.

A journey is all that happens to one request, whoever does it: its trace is computed from the
request's id, so that every process knows it without asking, years later, too. See ADR 24.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class SpanContext:
    """A span by its ids, in hexadecimal; and whether its trace is kept."""

    trace_id: str
    span_id: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        """Return it as others read it."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def parse_traceparent(given: str | None) -> SpanContext | None:
    """Return what a `traceparent` says; None for one that is missing or makes no sense."""
    found = _TRACEPARENT.fullmatch(given or "")
    if found is None:
        return None
    trace_id, span_id, flags = found.groups()
    if trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return SpanContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


@lru_cache(maxsize=4096)  # the events of a request come close together, and each asks
def journey_of(request_id: str, *, sampled: bool = False) -> SpanContext:
    """Return the first span of a request's journey, from which all others of its trace descend."""
    ids = blake2b(request_id.encode(), digest_size=24, person=b"muster.journey").hexdigest()
    return SpanContext(ids[:32], ids[32:], sampled)


def is_unsampled(traceparent: str | None) -> bool:
    """Tell whether this says that its trace is not kept: most do, so it is to be quick."""
    return traceparent is not None and traceparent[53:] == "00"


def is_of(traceparent: str, trace: SpanContext) -> bool:
    """Tell whether this says a place in that trace."""
    return traceparent[3:35] == trace.trace_id
