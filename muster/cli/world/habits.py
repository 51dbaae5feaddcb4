"""How simulated people behave: how long they think, how often they say no or stay silent."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What a provider does with an offer."""

    ACCEPT = "accept"
    DECLINE = "decline"
    COUNTER = "counter"
    SILENCE = "silence"


@dataclass(frozen=True)
class Habits:
    """Probabilities and pauses. Times are seconds; pairs are the shortest and the longest."""

    declines: float = 0.10
    counters: float = 0.03
    ignores_emergencies: float = 0.25  # only there is the deadline short enough to wait for
    think: tuple[float, float] = (0.1, 0.9)
    step: tuple[float, float] = (0.1, 0.6)
    incidents: float = 0.05
    misses_check_ins: float = 0.5
    reports_positions: bool = True
    reads_mail: bool = True
    sweep_s: float = 12
    refuses_reviews: float = 0.06
    review_every_s: float = 0.5

    def answer(self, urgency: str, rng: random.Random) -> Answer:
        """Draw what to do with an offer."""
        if urgency == "emergency" and rng.random() < self.ignores_emergencies:
            return Answer.SILENCE
        drawn = rng.random()
        if drawn < self.declines:
            return Answer.DECLINE
        return Answer.COUNTER if drawn < self.declines + self.counters else Answer.ACCEPT


# For thousands of requests: nobody dawdles, nobody reports what nobody reads; nobody wants mail,
# which a system that runs already might really send.
BUSINESSLIKE = Habits(
    declines=0.02,
    counters=0.0,
    ignores_emergencies=0.0,
    think=(0.0, 0.0),
    step=(0.0, 0.0),
    incidents=0.0,
    misses_check_ins=0.0,
    reports_positions=False,
    reads_mail=False,
    sweep_s=20,
    refuses_reviews=0.02,
)
