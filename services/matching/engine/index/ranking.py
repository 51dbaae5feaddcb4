"""The score of all rows at once, and the best of them."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from muster.contracts.vocabulary.identifiers import CapabilityId
from services.matching.engine.index.columns import Column
from services.matching.engine.index.gates import having, having_strange, icoca_ranks
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
        unit_cost=sieve["price"] * units.take(sieve["per"]),
        comparable=sieve["currency"] == book.currencies.find(purse.currency),
        standing=icoca_ranks(sieve, search).astype(np.float64),
        locality=_LOCALITIES.take(sieve.carried["wave"]),
        share=records.share(owners),
    )
    return weighted(badness_of(facts, purse), weights)


def _lacking(sieve: Sieve, search: Search, book: Book) -> NDArray[np.float64]:
    """Return which share of the wishes is not granted, by each row that is left."""
    asked = wishes(search.required, search.preferred)
    if not asked:
        return np.zeros(len(sieve))
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
    return (len(asked) - granted) / len(asked)


def best(
    sieve: Sieve, chosen: Rows, score: Column, limit: int, free: Free | None
) -> tuple[Hit, ...]:
    """Return the best of the chosen places among the rows left, of whom something is free."""
    if not len(chosen):
        return ()
    waves, scored, rows = (
        sieve.carried["wave"].take(chosen),
        score.take(chosen),
        sieve.rows.take(chosen),
    )
    hits = []
    for _, capability_id, place in _in_order(sieve.partition.ids, rows, waves + scored, limit):
        if free is None or free(capability_id) > 0:
            hits.append(Hit(capability_id, _WAVES[waves[place]], float(scored[place])))
            if len(hits) == limit:
                break
    return tuple(hits)


def _in_order(
    ids: Sequence[CapabilityId], rows: Rows, costs: Column, limit: int
) -> Iterator[tuple[float, CapabilityId, int]]:
    """Yield costs, ids and places from the best on; the first ones are the quickest to find."""
    done, upto = -np.inf, limit
    while done < np.inf:
        threshold = np.partition(costs, upto - 1)[upto - 1] if upto < len(costs) else np.inf
        places = ((costs > done) & (costs <= threshold)).nonzero()[0]
        named = [ids[row] for row in rows.take(places).tolist()]
        yield from sorted(zip(costs.take(places).tolist(), named, places.tolist(), strict=True))
        done, upto = threshold, upto * 4
