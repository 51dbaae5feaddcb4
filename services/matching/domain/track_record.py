"""How a provider has fared: how well it served, and how much work the alliance gave it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp

from muster.contracts.vocabulary.values import Window

MEMORY = timedelta(days=90)  # work given so long ago counts 1/e of what it counted then
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)

MIDDLING = 0.5  # what is assumed of whoever has no record
_ASSUMED_JOBS = 5.0  # how many jobs that assumption weighs
_ANSWER = 0.25  # how many jobs an answer to an offer weighs


@dataclass(frozen=True)
class TrackRecord:
    """What is counted of a provider.

    `given` sums up unit-hours, each grown by its `weight_of_work_at` when it was given. That way
    work given earlier fades beside later work, and nothing has to be written for it to do so.
    """

    accepted: int = 0
    refused: int = 0
    completed: int = 0
    aborted: int = 0
    given: float = 0.0

    @property
    def quality(self) -> float:
        """Return from 0 to 1 how well it served.

        That is the share of its jobs it completed, and, of lesser weight, of the offers it
        accepted: a mean that starts from the middle, so that one job makes nobody the best or the
        worst (a Bayesian mean with five jobs' worth of assumption).
        """
        answers = self.accepted + self.refused
        jobs = self.completed + self.aborted
        good = _ASSUMED_JOBS * MIDDLING + self.completed + _ANSWER * self.accepted
        return good / (_ASSUMED_JOBS + jobs + _ANSWER * answers)

    def share(self, offered: int, now: datetime) -> float:
        """Return which part of the unit-hours it offers was given to it of late, from 0 to 1."""
        if offered <= 0:
            return 0.0
        lately = self.given / weight_of_work_at(now)
        return min(1.0, lately / (offered * (MEMORY / _HOUR)))


def weight_of_work_at(moment: datetime) -> float:
    """Return how much a unit-hour given then weighs beside those given at any other time."""
    return exp((moment - _EPOCH) / MEMORY)


def work_of(quantity: int, window: Window, given_at: datetime) -> float:
    """Return what giving so many units of work for a window adds to a record's `given`."""
    hours = (window.ends_at - window.starts_at) / _HOUR
    return quantity * hours * weight_of_work_at(given_at)
