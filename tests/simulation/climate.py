"""What may go wrong in a story: every seed has a climate of its own, from calm to all at once.

Some kinds of faults are left out of each story on purpose. Where everything fails all the time,
what follows from one fault alone is never seen.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from muster.contracts.catalogue import OWNERS
from muster.messaging.disturbance import CALM, Disturbance
from muster.safeguards import NOTHING, Safeguards


@dataclass(frozen=True)
class Climate:
    """How probable each kind of fault is, each time it could happen."""

    disturbance: Disturbance = CALM  # what happens to messages on their way into a queue
    outages: float = 0.0  # that the broker goes, blocks, or drops its connections
    losses: float = 0.0  # that the broker loses a queue with all it holds, or everything
    refusals: float = 0.0  # that the broker does not take a message
    cuts: float = 0.0  # that the connection breaks in the middle of publishing
    database: float = 0.0  # that a transaction fails
    deaths: float = 0.0  # that a process is killed, at each step that matters
    failures: float = 0.0  # that a handler fails for now
    deploys: float = 0.0  # that a worker is told to stop, and another begins
    far_ends: float = 0.0  # that a mail server or webhook errs, or is not heard
    lingering: float = 0.0  # that a worker pauses between taking, handling and acking a batch
    haste: float = 0.0  # that others act while a relay or courier waits for an answer
    lost_answers: float = 0.0  # that a client does not get the answer, and asks again
    requests: int = 3  # how many are made
    twins: frozenset[str] = frozenset()  # services with two workers at once
    paces: Mapping[str, float] = field(default_factory=dict)  # of services: slow ones batch more
    webhooks: bool = False
    founding: bool = False  # whether making the queues and joining is part of the story
    forgetful: bool = False  # that the engine proposes what is held already
    without: Safeguards = NOTHING  # safeguards that are removed: something has to go wrong then

    @property
    def keeps_order(self) -> bool:
        """Tell whether nothing here can put the messages of one aggregate out of order."""
        return not (
            self.disturbance.reorder_probability
            or self.refusals
            or self.failures
            or self.twins
            or self.lingering
            or self.losses  # what is said again comes after what is newer
            or self.founding  # for then queues are made, and ask for what was said before
        )


SLOW = 0.2

MILD = Climate()


def climate_of(seed: int) -> Climate:
    """Return the climate of a seed's story."""
    chance = random.Random(f"climate {seed}")

    def some(probability: float, share: float = 0.5) -> float:
        return probability if chance.random() < share else 0.0

    several = chance.random() < 0.5  # workers of some service
    return Climate(
        disturbance=Disturbance(
            duplicate_probability=some(0.2),
            reorder_probability=some(0.2),
            max_delay_seconds=some(30),
            lost_confirm_probability=some(0.1),
        ),
        outages=some(0.01),
        refusals=some(0.04),
        cuts=some(0.1),
        database=some(0.03),
        deaths=some(0.015),
        failures=some(0.01, 0.3),
        deploys=some(0.006),
        far_ends=some(0.2),
        lingering=some(0.3),
        haste=some(0.2),
        lost_answers=some(0.1),
        requests=chance.choices((1, 2, 3), (3, 5, 2))[0],
        twins=frozenset(service for service in OWNERS if several and some(1)),
        paces={service: 1.0 if some(1, 0.25) else SLOW for service in OWNERS},
        webhooks=chance.random() < 0.3,
        founding=chance.random() < 0.05,
        losses=some(0.006, 0.1),
    )
