"""Where a team was: the points of a job's track."""

from dataclasses import dataclass
from datetime import datetime

from muster.contracts.vocabulary.values import Position


@dataclass(frozen=True)
class TrackPoint:
    """One reported position; the track is ordered by when each was taken."""

    position: Position
    occurred_at: datetime
    recorded_at: datetime
    sequence: int = 0  # given by the store
