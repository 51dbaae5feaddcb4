"""The engine's reasons, as they are kept: why each candidate was chosen, or why not."""

from dataclasses import dataclass
from enum import StrEnum

from muster.contracts.vocabulary.identifiers import CapabilityId, NeedId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind


class Ruling(StrEnum):
    """What a rule says: yes, no, or that a person has to decide."""

    PASSED = "passed"
    REVIEW = "review"
    FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one candidate: the fact it found, and what would make it pass.

    `key` names a rule of law together with its wording: what an operator decides about. It is
    empty for the engine's own rules.
    """

    rule: str
    ruling: Ruling
    fact: str
    wanted: str
    key: str = ""


@dataclass(frozen=True)
class Component:
    """One part of a score: the value seen, how bad it is (0 best, 1 worst), and its weight."""

    value: float | None
    badness: float
    weight: float


@dataclass(frozen=True)
class Score:
    """How good a candidate is, from 0 (best) to 1: the weighted sum of its components."""

    value: float
    components: dict[str, Component]


class Choice(StrEnum):
    """What became of a candidate."""

    CHOSEN = "chosen"
    BARRED = "barred"  # a rule failed
    REVIEW = "review"  # an operator has to decide first
    NO_CAPACITY = "no_capacity"  # lawful, but before this round too little of it was free
    MORE_URGENT = "more_urgent"  # its capacity went to a more urgent request of this round
    BETTER_USED = "better_used"  # its capacity serves the whole better with another need
    NOT_NEEDED = "not_needed"  # better candidates cover the need
    LATER_WAVE = "later_wave"  # nearer members cover the need
    GIVEN_UP = "given_up"  # another need of the request cannot be covered


class Wave(StrEnum):
    """How far from the place providers are sought, the nearest first."""

    HOST = "host"
    NEIGHBOURS = "neighbours"
    ALLIANCE = "alliance"


@dataclass(frozen=True)
class Consideration:
    """One candidate for one need: what every rule said, its score, and what became of it.

    `behind_by` is how much worse its score is than the worst chosen one, if it was not needed.
    """

    capability_id: CapabilityId
    provider_id: OrganisationId
    verdicts: tuple[Verdict, ...]
    wave: Wave
    score: Score | None
    choice: Choice
    quantity: int
    behind_by: float | None = None
    arrives_at: str | None = None  # the earliest lawful arrival, ISO 8601

    @property
    def eligible(self) -> bool:
        """Tell whether every rule passed."""
        return all(verdict.ruling is Ruling.PASSED for verdict in self.verdicts)


@dataclass(frozen=True)
class NeedExplanation:
    """Every candidate for one need. `missing` is what nobody covers after this round.

    `beyond` counts, by the first rule they fail (or `eligible`), the candidates that were looked
    at but are too many to be listed one by one.
    """

    need_id: NeedId
    kind: CapabilityKind
    wanted: int
    missing: int
    wave: Wave
    considered: tuple[Consideration, ...]
    beyond: dict[str, int]


@dataclass(frozen=True)
class Explanation:
    """Every need that was sourced in one round, and by which rules and weights."""

    engine_version: str
    rule_pack: str
    weights: dict[str, float]
    needs: tuple[NeedExplanation, ...]
    solver: str  # how the allocation ended: status, objective, bound
