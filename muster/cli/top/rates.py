"""What only two looks can tell: how fast a counter moves, and how busy a process was in between."""

from muster.cli.top.figures import Exposition
from muster.cli.top.frame import Frame, Seen

_CPU, _STARTED = "process_cpu_seconds_total", "process_start_time_seconds"
_RUNTIME = "erlang_vm_statistics_runtime_milliseconds"
_LAG = "muster_message_lag_seconds"


def uptime(seen: Seen, frame: Frame) -> float | None:
    """Return since when a process runs, in seconds."""
    started = seen.exposition.one(_STARTED) if seen.exposition else None
    return None if started is None else max(0.0, frame.at.timestamp() - started)


def cpu(seen: Seen, frame: Frame, before: Frame | None) -> float | None:
    """Return how much of a core a process used since the look before; without one, since ever."""
    used = _used(seen.exposition)
    if used is None:
        return None
    then = _used(_same(seen, before))
    if before is not None and then is not None:
        return _over(used - then, frame, before)
    lived = uptime(seen, frame)
    return used / lived if lived else None


def rate(name: str, by: str, key: str, frame: Frame, before: Frame | None) -> float | None:
    """Return how often a counter moved in a second since the look before; None without one."""
    now = frame.figures.total(name, by).get(key)
    if before is None or now is None:
        return None
    return _over(now - before.figures.total(name, by).get(key, 0.0), frame, before)


def lag(queue: str, frame: Frame, before: Frame | None) -> float | None:
    """Return how old messages were when they were taken, on the average since the look before.

    Without one, since the workers started; None if none was taken.
    """
    service, _, subscription = queue.partition(".")
    seconds, number = _taken(frame, service, subscription)
    if before is not None:
        seconds_before, number_before = _taken(before, service, subscription)
        if number_before <= number:  # else a worker began anew
            seconds, number = seconds - seconds_before, number - number_before
    return max(0.0, seconds) / number if number else None


def _taken(frame: Frame, service: str, subscription: str) -> tuple[float, float]:
    where = {"service": service, "subscription": subscription}
    figures = frame.figures
    seconds = figures.total(f"{_LAG}_sum", "service", **where).get(service, 0.0)
    return seconds, figures.total(f"{_LAG}_count", "service", **where).get(service, 0.0)


def _used(exposition: Exposition | None) -> float | None:
    """Return the seconds of work so far; RabbitMQ has a figure of its own for that."""
    if exposition is None:
        return None
    runtime = exposition.one(_RUNTIME)
    return exposition.one(_CPU) if runtime is None else runtime / 1000


def _same(seen: Seen, before: Frame | None) -> Exposition | None:
    """Return what the same process said before; None if it was started anew since."""
    earlier = before.seen(seen.name) if before is not None else None
    if earlier is None or earlier.exposition is None or seen.exposition is None:
        return None
    if earlier.exposition.one(_STARTED) != seen.exposition.one(_STARTED):
        return None
    return earlier.exposition


def _over(difference: float, frame: Frame, before: Frame) -> float | None:
    elapsed = (frame.at - before.at).total_seconds()
    return max(0.0, difference) / elapsed if elapsed > 0 else None
