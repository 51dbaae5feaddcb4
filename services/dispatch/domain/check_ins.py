"""Check-ins: when the next one is due, and how many in a row did not come."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

GRACE_SHARE = 0.2
LEAST_GRACE = timedelta(seconds=2)


@dataclass(frozen=True)
class CheckInWatch:
    """The expectation that a team says it is well, once per interval.

    `heard_at` is when the team was last known to be well; `missed` counts the check-ins in a row
    that did not come.
    """

    interval_seconds: int
    heard_at: datetime
    next_due_at: datetime
    missed: int = 0

    @classmethod
    def begun(cls, interval_seconds: int, heard_at: datetime, now: datetime) -> Self:
        """Return a new watch; the first check-in is due one interval from now."""
        return cls(interval_seconds, heard_at, now + timedelta(seconds=interval_seconds))

    @property
    def interval(self) -> timedelta:
        """Return the time between two check-ins."""
        return timedelta(seconds=self.interval_seconds)

    @property
    def grace(self) -> timedelta:
        """Return how long a check-in may be overdue before it counts as missed."""
        return max(self.interval * GRACE_SHARE, LEAST_GRACE)

    @property
    def deadline(self) -> datetime:
        """Return the instant from which the next check-in is missed."""
        return self.next_due_at + self.grace

    def is_old(self, occurred_at: datetime) -> bool:
        """Tell whether a later sign of life is already known."""
        return occurred_at < self.heard_at

    def heard(self, occurred_at: datetime, now: datetime) -> Self:
        """Return the watch after a check-in.

        It starts the interval anew and clears the count, unless it comes so late that the one
        after it is overdue as well: then it says nothing about the present.
        """
        if self.is_old(occurred_at):
            return self
        renewed = replace(
            self, heard_at=occurred_at, next_due_at=occurred_at + self.interval, missed=0
        )
        return renewed if now < renewed.deadline else replace(self, heard_at=occurred_at)

    def overdue(self, now: datetime) -> bool:
        """Tell whether a check-in has been missed."""
        return self.deadline <= now

    def missed_by(self, now: datetime) -> Self:
        """Return the watch after all check-ins missed by now; they are counted together.

        After a pause of the machinery that gives one alarm with the true count, not a storm.
        """
        if not self.overdue(now):
            return self
        count = (now - self.deadline) // self.interval + 1
        return replace(
            self, missed=self.missed + count, next_due_at=self.next_due_at + count * self.interval
        )

    @property
    def last_due_at(self) -> datetime:
        """Return when the check-in before the next one was due."""
        return self.next_due_at - self.interval
