"""The gates of the engine, each for all rows at once, in the order of `gate.judge`.

Where figures are compared that a computer rounds, a hair's breadth more is let pass, so that nobody
is turned away here whom the gate would let pass.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_

import numpy as np

from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import REMOTE_KINDS, IcocaClass
from services.matching.engine.gate.case import environment_of, is_armed
from services.matching.engine.index.columns import Column
from services.matching.engine.index.distance import distances_km
from services.matching.engine.index.instants import span
from services.matching.engine.index.outlook import Way
from services.matching.engine.index.partition import (
    cover_columns,
    law_columns,
    standing_spans,
    word_column,
)
from services.matching.engine.index.question import Search
from services.matching.engine.index.reading import ANY_CURRENCY, Book
from services.matching.engine.index.sieve import Mask, Rows, Sieve
from services.matching.engine.index.words import demanded
from services.matching.engine.law.judge import CODE_OF_CONDUCT_KINDS
from services.matching.engine.travel import Travel, arrival_hours
from services.matching.engine.verdicts import Wave
from services.matching.engine.waves import RANK

_SECONDS = 3600.0
_FEW = 8  # numbers, looked for one by one
_HAIR_KM = 1e-6
_HAIR_S = 1e-6
_RANKS = tuple((standing_spans(each.rank), np.int8(each.rank)) for each in IcocaClass)
_REVIEW = 1  # the number of outlook.REVIEW among the rules; that of CLEAR is 0, rules have more


def bar_unwanted(
    sieve: Sieve, search: Search, book: Book, opponents: Iterable[OrganisationId]
) -> None:
    """Turn away whom the request does not want, or who does not want its enterprise.

    `opponents` have declared a conflict with the enterprise.
    """
    enterprise = search.enterprise
    declared = enterprise.conflicts if enterprise is not None else frozenset()
    for rule, owners in (
        ("other_organisation", (search.enterprise_id,)),
        ("not_excluded", search.excluded),
        ("no_conflict", (*declared, *opponents)),
    ):
        numbers = [n for n in map(book.owners.find, owners) if n is not None]
        if numbers:
            sieve.bar(_is_one_of(sieve.view["owner"], numbers).nonzero()[0], rule)
    refused = sieve.partition.at(search.refused)
    if refused:
        sieve.bar(np.array(refused, dtype=np.intp), "not_refused_before")
    if enterprise is None or not enterprise.home_country:
        sieve.bar_all("states_determined")


def begin_with_attributes(sieve: Sieve, search: Search, book: Book) -> None:
    """Go on with those whose attributes meet the requirement."""
    words, measure = demanded(search.required)
    masks, strange = book.words[search.kind].masks(words)
    conditions = [having(sieve, group, mask) for group, mask in sorted(masks.items())]
    conditions += [having_strange(sieve, word) for word in sorted(strange)]
    if measure is not None:
        conditions.append(sieve.view["measure"] >= measure)
    sieve.begin(reduce(and_, conditions) if conditions else None, "attributes")


def having(sieve: Sieve, group: int, mask: int) -> Mask:
    """Tell of all rows which have all words of this mask."""
    column = sieve.view.get(word_column(group))
    if column is None:
        return np.zeros(sieve.size, dtype=np.bool_)
    bits = np.uint64(mask)
    holds: Mask = (column & bits) == bits
    return holds


def having_strange(sieve: Sieve, word: str) -> Mask:
    """Tell of all rows which have this word, that has no bit."""
    flags = np.zeros(sieve.size, dtype=np.bool_)
    owners: frozenset[CapabilityId] = frozenset(sieve.partition.strange.get(word, ()))
    flags[sieve.partition.at(owners)] = True
    return flags


def keep_near(sieve: Sieve, search: Search) -> None:
    """Keep those within whose radius the place is, and carry on how far they have to come."""
    if search.kind in REMOTE_KINDS:
        sieve.carried["distance"] = np.zeros(len(sieve))
        return
    distance = distances_km(sieve["x"], sieve["y"], sieve["z"], search.place.position)
    sieve.carried["distance"] = distance
    sieve.keep(("coverage_radius", distance <= sieve["radius"] + _HAIR_KM))


def keep_lawful(sieve: Sieve, search: Search, book: Book) -> None:
    """Keep whom the law does not bar, and carry on who awaits an operator's decision."""
    required = search.required
    key_unit = search.terms.designated_key_unit and book.lawyer.minds_key_units(
        search.place.country
    )
    way = Way(is_armed(required), environment_of(required), key_unit)
    says, _, _, otherwise = law_columns(way)
    if says not in sieve.view:  # then nobody works in this way, and nobody is left
        sieve.carried["review"] = np.zeros(len(sieve), dtype=np.bool_)
        return
    said = sieve[says]
    sieve.carried["review"] = said == _REVIEW
    holds = sieve.within(says, *span(search.window))
    holds &= said <= _REVIEW
    unprotected: list[int] = []
    if search.host_protection is None:
        rules = book.lawyer.unprotected(search.kind, search.place.country, way)
        unprotected = [book.rules.learn(rule.rule_id) for rule in rules]
        holds &= not unprotected

    def failing(places: Rows) -> Column:
        there = said.take(places)
        rule = np.where(there > _REVIEW, there, sieve[otherwise].take(places))
        if not unprotected:
            return rule
        sooner = np.isin(rule, unprotected[:-1])
        return np.where(sooner, rule, unprotected[-1])

    sieve.keep_lawful(holds, failing, book.rules)


def keep_by_terms(sieve: Sieve, search: Search, book: Book) -> None:
    """Keep those who meet the request's own terms."""
    minimum, limit = search.terms.minimum_icoca_class, search.terms.liability_cover
    if minimum is not None and search.kind in CODE_OF_CONDUCT_KINDS:
        sieve.keep(("request.standing", icoca_ranks(sieve, search) >= minimum.rank))
    if limit is not None and len(sieve):
        since, until = span(search.window)
        names = cover_columns(armed=is_armed(search.required))
        currency, number = sieve[names[1]], book.currencies.find(limit.currency)
        holds: Mask = sieve[names[0]] >= limit.minor_units
        holds &= (currency == ANY_CURRENCY) | (currency == (-2 if number is None else number))
        holds &= (sieve[names[2]] <= since) & (sieve[names[3]] >= until)
        sieve.keep(("request.cover", holds))


def icoca_ranks(sieve: Sieve, search: Search) -> Column:
    """Return the rank of the best ICoCA class that each holds through the window; 0 for none."""
    if "standing" not in sieve.view:
        return np.zeros(len(sieve), dtype=np.int8)
    since, until = span(search.window)
    holds = (sieve["standing since"] <= since) & (sieve["standing until"] >= until)
    rank = sieve["standing"] * holds
    for name, each in _RANKS:
        further = sieve.partition.spans.get(name)
        flags = further.holding((since, until), sieve.size) if further is not None else None
        if flags is not None:
            rank = np.maximum(rank, flags.take(sieve.rows) * each)
    return rank


def keep_timely(sieve: Sieve, search: Search, travel: Travel) -> None:
    """Keep those who come in time, in no later wave, are available and not out.

    Carry on when they arrive, and in which wave they would be asked.
    """
    sieve.carried["wave"] = sieve["wave"]
    hours = arrival_hours(
        travel,
        search.required,
        lead_hours=sieve["lead"],
        distance_km=sieve.carried["distance"],
        by_land=sieve["by_land"],
        crosses_border=sieve.carried["wave"] > 0,
    )
    sieve.carried["arrival"] = hours
    in_time = (search.wanted_by - search.now).total_seconds()
    since, until = span(search.window)
    out = (sieve["blackout since"] < until) & (sieve["blackout until"] > since)
    further = sieve.partition.spans.get("blackout")
    flags = further.touching((since, until), sieve.size) if further is not None else None
    if flags is not None:
        out |= flags.take(sieve.rows)
    gates = [
        ("arrival", np.rint(hours * _SECONDS - _HAIR_S) <= in_time),
        ("available", sieve.within("available", since, until)),
        ("no_blackout", ~out),
    ]
    if search.widest is not Wave.ALLIANCE:
        gates.append(("later_wave", sieve.carried["wave"] <= RANK[search.widest]))
    sieve.keep(*gates)


def _is_one_of(column: Column, numbers: Sequence[int]) -> Mask:
    if len(numbers) > _FEW:
        among: Mask = np.isin(column, numbers)
        return among
    holds: Mask = column == numbers[0]
    for number in numbers[1:]:
        holds |= column == number
    return holds
