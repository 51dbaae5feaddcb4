"""The score of all rows at once, and the best of them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.matching.engine.index.columns import Column
from services.matching.engine.index.gates import having, having_strange
from services.matching.engine.index.question import Free, Hit, Search
from services.matching.engine.index.reading import UNITS, Book
from services.matching.engine.index.records import Records
from services.matching.engine.index.sieve import Rows, Sieve
from services.matching.engine.index.words import wished
from services.matching.engine.policy import Weights
from services.matching.engine.preferences import wishes
from services.matching.engine.score import Facts, Purse, badness_of, units_of_time, weighted
from services.matching.engine.verdicts import Wave
from services.matching.engine.waves import LOCALITY, RANK

_WAVES = sorted(Wave, key=RANK.__getitem__)
_LOCALITIES = np.array([LOCALITY[wave] for wave in _WAVES])


def scores(sieve: Sieve, search: Search, book: Book, records: Records, weights: Weights) -> Column:
    """Return the score of every row that is left."""
    purse = Purse.of(search.terms.budget, search.quantity)
    units = np.array([float(units_of_time(unit, search.window)) for unit in UNITS])
    owners = sieve["owner"]
    facts = Facts(
        arrival_hours=sieve.carried["arrival"],
        quality=records.quality(owners),
        lacking=_lacking(sieve, search, book),
        unit_cost=sieve["price"] * units[sieve["per"]],
        comparable=sieve["currency"] == book.currencies.find(purse.currency),
        standing=sieve.carried["standing"].astype(np.float64),
        locality=_LOCALITIES[sieve["wave"]],
        share=records.share(owners),
    )
    return weighted(badness_of(facts, purse), weights)


def _lacking(sieve: Sieve, search: Search, book: Book) -> NDArray[np.float64]:
    """Return which share of the wishes is not granted, by each row that is left."""
    asked = wishes(search.required, search.preferred)
    granted = np.zeros(len(sieve))
    for wish in asked:
        words, measure = wished(wish)
        masks, strange = book.words[search.kind].masks(words)
        holds = np.ones(len(sieve), dtype=np.bool_)
        for group, mask in masks.items():
            holds &= having(sieve, group, mask)[sieve.rows]
        for word in strange:
            holds &= having_strange(sieve, word)[sieve.rows]
        if measure is not None:
            holds &= sieve["measure"] >= measure
        granted += holds
    return (len(asked) - granted) / max(len(asked), 1)


def best(
    sieve: Sieve, chosen: Rows, score: Column, limit: int, free: Free | None
) -> tuple[Hit, ...]:
    """Return the best of the chosen places among the rows left, of whom something is free."""
    waves = sieve["wave"][chosen]
    hits = []
    for place in _in_order(sieve, chosen, waves + score[chosen], limit):
        capability_id = sieve.partition.ids[sieve.rows[chosen[place]]]
        if free is None or free(capability_id) > 0:
            wave = _WAVES[waves[place]]
            hits.append(Hit(capability_id, wave, float(score[chosen[place]])))
            if len(hits) == limit:
                break
    return tuple(hits)


def _in_order(sieve: Sieve, chosen: Rows, costs: Column, limit: int) -> Iterator[int]:
    """Yield the places of the chosen from the best on; the first ones cost the least to find."""
    ids, rows = sieve.partition.ids, sieve.rows

    def by_cost(place: int) -> tuple[float, str]:
        return costs[place], ids[rows[chosen[place]]]

    done, upto = -np.inf, limit
    while upto < len(costs):
        threshold = np.partition(costs, upto - 1)[upto - 1]
        yield from sorted(
            np.flatnonzero((costs > done) & (costs <= threshold)).tolist(), key=by_cost
        )
        done, upto = threshold, upto * 4
    yield from sorted(np.flatnonzero(costs > done).tolist(), key=by_cost)
