"""What the engine is told besides the facts: the rules, the weights, how people travel."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from math import fsum, isfinite
from typing import NamedTuple

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId, ReviewId
from muster.contracts.vocabulary.kinds import CapabilityKind
from services.matching.engine.law.rules import RulePack
from services.matching.engine.travel import Travel

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Weights:
    """How much each component counts in a score; they add up to 1."""

    arrival: float
    quality: float
    language: float
    price: float
    standing: float
    local: float
    fairness: float

    def __post_init__(self) -> None:
        weights = asdict(self)
        for name, weight in weights.items():
            if not (isfinite(weight) and weight >= 0):
                raise ValueError(f"the weight of {name} is {weight}; give 0 or more")
        if abs(fsum(weights.values()) - 1) > _ROUNDING:
            raise ValueError(
                f"the weights add up to {fsum(weights.values()):g}; let them add up to 1"
            )


# Who comes soon and does well comes first; price never decides alone.
USUAL_WEIGHTS = Weights(
    arrival=0.3, quality=0.2, language=0.1, price=0.15, standing=0.1, local=0.05, fairness=0.1
)


class Matter(NamedTuple):
    """What a review decides: may this provider do this kind of work in this country?"""

    provider_id: OrganisationId
    country: Country
    kind: CapabilityKind
    armed: bool


@dataclass(frozen=True)
class Decision:
    """What an operator decided of a matter, about which rules (their verdicts' keys)."""

    review_id: ReviewId
    cleared: bool
    keys: frozenset[str]
    reason: str


@dataclass(frozen=True)
class Standing:
    """How a provider has fared: quality from 0 to 1, and the long-run share of its capacity used.

    `share` is unit-hours given to it over unit-hours it offers, in the time looked back on.
    """

    quality: float
    share: float


# Whoever has no record is taken for the middle, and has had nothing yet.
NEWCOMER = Standing(quality=0.5, share=0.0)


@dataclass(frozen=True)
class Policy:
    """The engine's settings. `margin` is how long papers must outlast the end of the work."""

    pack: RulePack
    weights: Weights
    travel: Travel
    margin: timedelta
    solver_seconds: float
    listed: int  # most candidates of one need that are explained one by one


Decisions = Mapping[Matter, Decision]
