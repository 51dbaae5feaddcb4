"""How long an answer may take. Nothing waits beyond the end of the window it is for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.values import Window


@dataclass(frozen=True)
class Patience:
    """How long matching waits for whom, and how often it looks again."""

    answer: dict[Urgency, timedelta]
    approval: timedelta
    retry: timedelta
    tries: int
    look: timedelta  # between looks whether one that waits for an operator can do without

    def answer_by(self, urgency: Urgency, window: Window, now: datetime) -> datetime:
        """Return until when a provider or an enterprise may answer an offer."""
        return min(now + self.answer[urgency], window.ends_at)

    def approve_by(self, window: Window, now: datetime) -> datetime:
        """Return until when an enterprise may approve a proposal."""
        return min(now + self.approval, window.ends_at)
