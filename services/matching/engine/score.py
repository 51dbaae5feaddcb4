"""The score: how good a candidate is, by one formula for a single one and for whole arrays.

Each component turns what was seen into a badness from 0 (best) to 1 (worst); the score is their
weighted sum. Lower is better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Generic

from muster.contracts.vocabulary.kinds import IcocaClass, PriceUnit
from muster.contracts.vocabulary.values import Money, Price, Window
from services.matching.engine.elementwise import N, Truth, choose, least
from services.matching.engine.policy import Weights
from services.matching.engine.verdicts import Component, Score

USUAL_CURRENCY = "USD"
HALF_LATE = 6.0
"""The hours until arrival that are half as bad as never."""
HALF_DEAR = 1_000_000.0
"""Without a budget: the cost of one unit, in minor units, that is half as bad as any."""
HALF_USED = 0.25
"""The long-run share of a member's capacity that is half as unfair to give more to as all."""

_SECONDS_IN = {PriceUnit.HOUR: 3600, PriceUnit.DAY: 86_400}


@dataclass(frozen=True)
class Facts(Generic[N]):
    """What a score is made of: numbers for one candidate, or arrays for many.

    `lacking` is the share of the preferences not granted. `unit_cost` is what one unit costs for
    the window; where it is not `comparable`, it counts as the dearest. `standing` is the rank of
    the ICoCA class, 0 for none. `locality` is 0 for a base in the host country, a half in one of
    its neighbours, else 1. `share` is that of `policy.Standing`.
    """

    arrival_hours: N
    quality: N
    lacking: N
    unit_cost: N
    comparable: Truth
    standing: N
    locality: N
    share: N


@dataclass(frozen=True)
class Purse:
    """How prices are looked at: in which currency, for how many units, out of what budget."""

    currency: str
    quantity: int
    budget: float | None

    @classmethod
    def of(cls, budget: Money | None, quantity: int) -> "Purse":
        """Return the purse for so many units out of this budget, which may be none."""
        if budget is None:
            return cls(USUAL_CURRENCY, quantity, None)
        return cls(budget.currency, quantity, float(budget.minor_units))

    def badness(self, unit_cost: N, comparable: Truth) -> N:
        """Return how dear this is: all of it over the budget, at most 1.

        Without a budget it grows with what one unit costs. What is not comparable is the dearest.
        """
        if self.budget is None:
            dear = unit_cost / (unit_cost + HALF_DEAR)
        else:
            dear = least(unit_cost * self.quantity / max(self.budget, 1.0), unit_cost * 0 + 1.0)
        return choose(comparable, dear, dear * 0 + 1.0)


def badness_of(facts: Facts[N], purse: Purse) -> dict[str, N]:
    """Return how bad each component is, under the names of the weights."""
    return {
        "arrival": facts.arrival_hours / (facts.arrival_hours + HALF_LATE),
        "quality": 1.0 - facts.quality,
        "language": facts.lacking,
        "price": purse.badness(facts.unit_cost, facts.comparable),
        "standing": 1.0 - facts.standing / len(IcocaClass),
        "local": facts.locality,
        "fairness": facts.share / (facts.share + HALF_USED),
    }


def weighted(badness: Mapping[str, N], weights: Weights) -> N:
    """Return the score: the weighted sum of the components."""
    return (
        badness["arrival"] * weights.arrival
        + badness["quality"] * weights.quality
        + badness["language"] * weights.language
        + badness["price"] * weights.price
        + badness["standing"] * weights.standing
        + badness["local"] * weights.local
        + badness["fairness"] * weights.fairness
    )


def score(facts: Facts[float], purse: Purse, weights: Weights) -> Score:
    """Return the score of one candidate, with what each component saw."""
    badness = badness_of(facts, purse)
    seen = {
        "arrival": facts.arrival_hours,
        "quality": facts.quality,
        "language": facts.lacking,
        "price": facts.unit_cost if facts.comparable else None,
        "standing": facts.standing,
        "local": facts.locality,
        "fairness": facts.share,
    }
    components = {
        name: Component(seen[name], badness[name], getattr(weights, name)) for name in badness
    }
    return Score(weighted(badness, weights), components)


def cost_of(price: Price, window: Window) -> int:
    """Return what one unit of capacity costs for the window, in the currency's minor units."""
    return price.amount.minor_units * units_of_time(price.per, window)


def units_of_time(per: PriceUnit, window: Window) -> int:
    """Return how many units of time the window is charged as: those that are begun count whole."""
    if per is PriceUnit.JOB:
        return 1
    seconds = (window.ends_at - window.starts_at).total_seconds()
    return ceil(seconds / _SECONDS_IN[per])
