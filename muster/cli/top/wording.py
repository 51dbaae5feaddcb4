"""Numbers as people read them at a glance; `-` where there is none."""

from datetime import timedelta

ABSENT = "-"
_KIBI = 1024


def count(number: float | None) -> str:
    """Return a whole number."""
    return ABSENT if number is None else f"{number:,.0f}"


def share(part: float | None) -> str:
    """Return a share of one core."""
    return ABSENT if part is None else f"{part:.0%}"


def size(octets: float | None) -> str:
    """Return an amount of memory."""
    return ABSENT if octets is None else f"{octets / _KIBI**2:,.0f} MiB"


def age(seconds: float | None) -> str:
    """Return how long something has lasted."""
    if seconds is None:
        return ABSENT
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return str(timedelta(seconds=round(seconds)))


def per_second(rate: float | None) -> str:
    """Return how often something happens."""
    return ABSENT if rate is None else f"{rate:,.1f}/s"
