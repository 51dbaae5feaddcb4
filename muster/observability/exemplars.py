"""Exemplars: which trace a measured value belongs to, for those traces that are recorded."""

_SAMPLED = 1


def exemplar(traceparent: str | None) -> dict[str, str] | None:
    """Return the exemplar of what happened under this `traceparent` (W3C Trace Context).

    None if there is no trace, or one that nobody records: it would lead nowhere.
    """
    if traceparent is None:
        return None
    version, _, rest = traceparent.partition("-")
    trace_id, _, rest = rest.partition("-")
    flags = rest.rpartition("-")[2]
    if version == "ff" or len(trace_id) != 32 or not _is_sampled(flags):
        return None
    return {"trace_id": trace_id}


def _is_sampled(flags: str) -> bool:
    try:
        return bool(int(flags, 16) & _SAMPLED)
    except ValueError:
        return False
