"""The engine's reasons, as they are kept: why each candidate was chosen, or why not."""

from dataclasses import dataclass
from enum import StrEnum

from muster.contracts.vocabulary.identifiers import CapabilityId, NeedId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one candidate: the fact it found, and what it wanted."""

    rule: str
    passed: bool
    fact: str
    wanted: str


@dataclass(frozen=True)
class Score:
    """How good a candidate is: the lower the better, and what the number is made of."""

    value: float
    components: dict[str, float]


class Choice(StrEnum):
    """What became of a candidate."""

    CHOSEN = "chosen"
    BARRED = "barred"  # a rule failed
    NO_CAPACITY = "no_capacity"  # lawful, but not enough is free
    NOT_NEEDED = "not_needed"  # better candidates cover the need
    GIVEN_UP = "given_up"  # another need of the request cannot be covered


@dataclass(frozen=True)
class Consideration:
    """One candidate for one need: the rules it failed, its score, and what became of it."""

    capability_id: CapabilityId
    provider_id: OrganisationId
    failed: tuple[Verdict, ...]
    score: Score | None
    choice: Choice
    quantity: int


@dataclass(frozen=True)
class NeedExplanation:
    """Every candidate for one need. `missing` is what nobody covers after this round."""

    need_id: NeedId
    kind: CapabilityKind
    wanted: int
    missing: int
    considered: tuple[Consideration, ...]


@dataclass(frozen=True)
class Explanation:
    """Every need that was sourced in one round, and the version of the rules."""

    engine_version: str
    needs: tuple[NeedExplanation, ...]
