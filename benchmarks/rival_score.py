"""How far a capability is, when it would arrive and what it costs, as SQL, for `rival_query`."""

from typing import Any

from muster.contracts.vocabulary.values import EARTH_RADIUS_KM
from services.matching.engine.index import Search
from services.matching.engine.index.reading import Book
from services.matching.engine.index.words import wished
from services.matching.engine.policy import Policy
from services.matching.engine.preferences import wishes
from services.matching.engine.score import HALF_DEAR, HALF_LATE, HALF_USED, Purse
from services.matching.engine.travel import Means, Mode, Travel, mode_of

DISTANCE = (
    f"{2 * EARTH_RADIUS_KM} * asin(least(1.0, sqrt((x - %(px)s) ^ 2 + (y - %(py)s) ^ 2"
    " + (z - %(pz)s) ^ 2) / 2))"
)


def arrival(search: Search, travel: Travel) -> str:
    """Return the hours until it would be there."""
    mode = mode_of(search.required)
    if mode is Mode.NONE:
        return "lead"
    border = f"CASE WHEN wave > 0 THEN {float(travel.border_hours.get(search.kind, 0))} ELSE 0 END"
    return f"lead + {_on_the_way(mode, travel)} + {border}"


def _on_the_way(mode: Mode, travel: Travel) -> str:
    road, sea, air = map(_hours, (travel.road, travel.sea, travel.air))
    if mode is Mode.AIR:
        return air
    if mode is Mode.SEA:
        return sea
    if mode is Mode.ROAD:
        return f"CASE WHEN by_land THEN {road} ELSE {sea} END"
    return f"CASE WHEN by_land THEN least({road}, {air}) ELSE {air} END"


def _hours(means: Means) -> str:
    return f"({float(means.overhead_hours)} + distance / {float(means.speed_kmh)})"


def score(search: Search, book: Book, policy: Policy, parameters: dict[str, Any]) -> str:
    """Return the cost, all in all; it needs further parameters."""
    purse = Purse.of(search.terms.budget, search.quantity)
    parameters["currency"] = book.currencies.find(purse.currency)
    cost = "price * CASE per WHEN 0 THEN %(per_0)s WHEN 1 THEN %(per_1)s ELSE %(per_2)s END"
    dear = f"({cost}) / ({cost} + {HALF_DEAR})"
    if purse.budget is not None:
        parameters["of_budget"] = purse.quantity / max(purse.budget, 1.0)
        dear = f"least(({cost}) * %(of_budget)s, 1.0)"
    weights = policy.weights
    return (
        f"(arrival / (arrival + {HALF_LATE}) * {weights.arrival}"
        f" + (1 - quality) * {weights.quality}"
        f" + {_lacking(search, book, parameters)} * {weights.language}"
        f" + CASE WHEN currency = %(currency)s THEN {dear} ELSE 1.0 END * {weights.price}"
        f" + (1 - rank / 3.0::float8) * {weights.standing} + wave * 0.5 * {weights.local}"
        f" + share / (share + {HALF_USED}) * {weights.fairness})"
    )


def _lacking(search: Search, book: Book, parameters: dict[str, Any]) -> str:
    asked = wishes(search.required, search.preferred)
    words = {word for wish in asked for word in wished(wish)[0]}
    if not asked:
        return "0.0"
    parameters["wishes"] = signed(book.words[search.kind].masks(words)[0].get(0, 0))
    return (
        f"({float(len(asked))} - bit_count((words_0 & %(wishes)s)::bit(64))::float8)"
        f" / {float(len(asked))}"
    )


def signed(mask: int) -> int:
    """Return a mask as PostgreSQL keeps it, in a signed integer."""
    return mask - 2**64 if mask >= 2**63 else mask
