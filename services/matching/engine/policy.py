"""What the engine is told besides the facts: the rules, the weights, how people travel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId, ReviewId
from muster.contracts.vocabulary.kinds import CapabilityKind
from services.matching.engine.law.rules import RulePack
from services.matching.engine.travel import Travel


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
