"""The score: nearer first; at the same distance, cheaper first."""

from math import ceil

from muster.contracts.vocabulary.kinds import PriceUnit
from muster.contracts.vocabulary.values import Price, Window
from services.matching.engine.gate import Case
from services.matching.engine.verdicts import Score

USUAL_CURRENCY = "USD"
_HALF_DEAR = 1_000_000  # the cost, in minor units, that counts as half of the dearest
_MOST = 0.999  # so that no price outweighs a kilometre
_SECONDS_IN = {PriceUnit.HOUR: 3600, PriceUnit.DAY: 86_400}


def score(case: Case) -> Score:
    """Return the candidate's score; lower is better.

    The whole part is the distance in kilometres; the fraction grows with what one unit costs for
    the window. A price in another currency than the budget's (without a budget, US dollars) cannot
    be compared and counts as the dearest.
    """
    distance = float(round(case.distance_km))
    cost = cost_of(case.capability.price, case.window)
    budget = case.request.terms.budget
    currency = budget.currency if budget else USUAL_CURRENCY
    comparable = case.capability.price.amount.currency == currency
    dearness = cost / (cost + _HALF_DEAR) if comparable else 1.0
    return Score(
        value=distance + _MOST * dearness,
        components={"distance_km": distance, "cost_minor_units": float(cost)},
    )


def cost_of(price: Price, window: Window) -> int:
    """Return what one unit of capacity costs for the window, in the currency's minor units."""
    if price.per is PriceUnit.JOB:
        return price.amount.minor_units
    seconds = (window.ends_at - window.starts_at).total_seconds()
    return price.amount.minor_units * ceil(seconds / _SECONDS_IN[price.per])
