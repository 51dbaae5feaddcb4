"""Whether a series of figures stays where it is: a slope that outliers do not move."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median


@dataclass(frozen=True)
class Trend:
    """How one figure went, from the end of the warm-up to the end."""

    name: str
    typical: float
    highest: float
    per_hour: float
    grew: float  # what the slope comes to, over the time that was looked at
    allowed: float

    @property
    def flat(self) -> bool:
        """Tell whether it grew no more than what is noise for such a figure."""
        return self.grew <= self.allowed


def trend_of(name: str, seconds: Sequence[float], values: Sequence[float], allowed: float) -> Trend:
    """Return the trend of at least two values: the median of the slopes between any two."""
    slopes = [
        (values[later] - values[sooner]) / (seconds[later] - seconds[sooner])
        for sooner, later in combinations(range(len(values)), 2)
    ]
    slope = median(slopes)
    return Trend(
        name=name,
        typical=round(median(values), 2),
        highest=round(max(values), 2),
        per_hour=round(slope * 3600, 2),
        grew=round(slope * (seconds[-1] - seconds[0]), 2),
        allowed=round(allowed, 2),
    )
