"""Whom to look at closely: all who serve there if they are few, else the best the index finds."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import CapabilityId, NeedId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Member
from services.matching.domain.request import Need
from services.matching.engine.explain import ELIGIBLE, REVIEW
from services.matching.engine.index.question import Found, Search
from services.matching.engine.model import Demand

FEW = 100  # so many are all looked at, and all explained
BEST = 60  # of more than that, so many at first, and so many that an operator has to decide about
MOST = 4000  # and never more than so many for one need


# How many units of each of these are free through the whole window.
FreeUnits = Callable[[Sequence[CapabilityId], Window], Sequence[int]]


class Searched(Protocol):
    """Whatever can be asked who could serve."""

    def everybody(
        self, kind: CapabilityKind, host: Country, most: int
    ) -> Sequence[CapabilityId] | None:
        """Return all who serve this kind there, able or not; None if they are more than `most`."""
        ...

    def search(self, search: Search, limit: int) -> Found:
        """Return the best candidates for a need, and how many there are besides."""
        ...


@dataclass(frozen=True)
class Shortlist:
    """Which capabilities to load, and how many are left out of each need, by rule.

    `by_need` has the needs for which there were too many to look at all, and whom to look at.
    """

    capabilities: frozenset[CapabilityId]
    by_need: Mapping[NeedId, frozenset[CapabilityId]]
    beyond: Mapping[NeedId, dict[str, int]]


@dataclass(frozen=True)
class _Wish:
    """One need of one request of the batch."""

    demand: Demand
    need: Need


def shortlist(
    batch: Sequence[Demand],
    index: Searched,
    enterprises: Mapping[OrganisationId, Member],
    free: FreeUnits,
    now: datetime,
) -> Shortlist:
    """Return whom to look at for what this batch misses; the index must be up to date."""
    chosen: set[CapabilityId] = set()
    by_need: dict[NeedId, frozenset[CapabilityId]] = {}
    beyond: dict[NeedId, dict[str, int]] = {}
    for (kind, host), wishes in sorted(_by_field(batch).items()):
        everybody = index.everybody(kind, host, FEW)
        if everybody is not None:
            chosen.update(everybody)
            continue
        picker = _Picker(index, enterprises, free, now, wishes)
        for wish in wishes:
            found = picker.pick(wish)
            chosen.update(found.ids)
            by_need[wish.need.need_id] = found.ids
            beyond[wish.need.need_id] = found.beyond
    return Shortlist(frozenset(chosen), by_need, beyond)


def _by_field(batch: Sequence[Demand]) -> Mapping[tuple[CapabilityKind, Country], list[_Wish]]:
    wishes: dict[tuple[CapabilityKind, Country], list[_Wish]] = defaultdict(list)
    for demand in batch:
        for need in demand.request.needs:
            if demand.missing[need.need_id] > 0:
                wishes[need.kind, demand.request.place.country].append(_Wish(demand, need))
    return wishes


@dataclass(frozen=True)
class _Picked:
    ids: frozenset[CapabilityId]
    beyond: dict[str, int]


class _Picker:
    """Picks candidates where there are too many to look at all: nearer waves first, then better.

    It goes deeper until what is free of the candidates it has would cover everything that all
    requests of the batch miss of this kind there. What is free is read without a lock: it only
    decides how many are looked at closely.
    """

    def __init__(
        self,
        index: Searched,
        enterprises: Mapping[OrganisationId, Member],
        free: FreeUnits,
        now: datetime,
        wishes: Sequence[_Wish],
    ) -> None:
        self._index = index
        self._enterprises = enterprises
        self._free = free
        self._now = now
        self._wanted = sum(wish.demand.missing[wish.need.need_id] for wish in wishes)

    def pick(self, wish: _Wish) -> _Picked:
        question = self._question(wish)
        limit = BEST
        found = self._index.search(question, limit)
        while limit < MOST and len(found.clear) < found.clear_in_all:
            if self._suffices(wish, found):
                break
            limit *= 4
            found = self._index.search(question, limit)
        hits = (*found.clear, *found.review[:BEST])
        return _Picked(frozenset(hit.capability_id for hit in hits), _left_out(found))

    def _question(self, wish: _Wish) -> Search:
        demand, need = wish.demand, wish.need
        return Search.of(
            demand.request,
            need,
            self._enterprises.get(demand.request.enterprise_id),
            self._now,
            wanted=demand.missing[need.need_id],
            refused=frozenset(each for need_id, each in demand.refused if need_id == need.need_id),
        )

    def _suffices(self, wish: _Wish, found: Found) -> bool:
        window = wish.demand.request.ahead(self._now)
        free = self._free([hit.capability_id for hit in found.clear], window)
        missing = wish.demand.missing[wish.need.need_id]
        fits = wish.need.splittable or any(quantity >= missing for quantity in free)
        return fits and sum(free) >= self._wanted


def _left_out(found: Found) -> dict[str, int]:
    left_out = {
        **found.turned_away,
        ELIGIBLE: found.clear_in_all - len(found.clear),
        REVIEW: found.review_in_all - min(BEST, len(found.review)),
    }
    return {rule: count for rule, count in sorted(left_out.items()) if count}
