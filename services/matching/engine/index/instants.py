"""Times as whole microseconds since 1970: exact, and fit for an array."""

from datetime import UTC, datetime, timedelta

from muster.contracts.vocabulary.values import Window

EVER = 2**61  # later than any time there is
NEVER = -EVER  # earlier than any time there is

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Span = tuple[int, int]


def instant(moment: datetime) -> int:
    """Return the moment as a number."""
    return (moment - _EPOCH) // _MICROSECOND


def length(duration: timedelta) -> int:
    """Return the duration as a number of the same unit."""
    return duration // _MICROSECOND


def span(window: Window) -> Span:
    """Return the window's start and end as numbers."""
    return instant(window.starts_at), instant(window.ends_at)
