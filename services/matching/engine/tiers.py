"""Serving a batch urgency by urgency: whole requests first, then parts, then what is optional."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from muster.contracts.vocabulary.kinds import Urgency
from services.matching.domain.request import Request
from services.matching.engine.allocation import Solution
from services.matching.engine.asking import Ask, missing_of
from services.matching.engine.candidates import DEAREST, Field, Search
from services.matching.engine.filling import Filled, Solver, fill
from services.matching.engine.model import Hold, Question
from services.matching.engine.occupancy import Occupancy
from services.matching.engine.prospects import Prospects
from services.matching.engine.verdicts import Wave


@dataclass(frozen=True)
class Share:
    """What one need got, or would have got had its request not given it back.

    `missing` is what nobody covers; `wave` is how far was sought.
    """

    field: Field
    holds: tuple[Hold, ...]
    missing: int
    wave: Wave
    may_come_back: bool = False


@dataclass(frozen=True)
class Allotment:
    """What one request got. Unless it is `kept`, it gave back all that its shares name.

    A hopeless one got nothing, and neither waiting nor a decision would help it.
    """

    search: Search
    required: tuple[Share, ...]
    optional: tuple[Share, ...] = ()
    kept: bool = True
    hopeless: bool = False
    questions: tuple[Question, ...] = ()
    solution: Solution | None = None

    @property
    def shares(self) -> tuple[Share, ...]:
        """Return the shares of all needs, the required ones first."""
        return self.required + self.optional

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Return what is held for the request."""
        return tuple(hold for share in self.shares for hold in share.holds) if self.kept else ()


def tier_of(request: Request) -> int:
    """Return in which turn requests of this urgency are served."""
    return list(Urgency).index(request.urgency)


class Server:
    """Serves one tier after another from what is free; what a tier got, it keeps."""

    def __init__(self, occupancy: Occupancy, solver: Solver) -> None:
        self._occupancy = occupancy
        self._solver = solver

    def serve(self, tier: Sequence[Search]) -> list[Allotment]:
        """Return what each request of one urgency gets, in their order, which decides a tie."""
        whole = self._wholes(tier)
        served = [self._required(search, whole) for search in tier]
        return self._with_optional(served)

    def _wholes(self, tier: Sequence[Search]) -> Filled | None:
        """Fill as many whole requests as there can be, the earlier ones rather than the later."""
        coverable = [search for search in tier if search.required and self._is_coverable(search)]
        if not coverable:
            return None
        waivers = _waivers(coverable)
        asks = [
            Ask(field, penalty=waiver / _wanted(search), group=search.request.request_id)
            for search, waiver in zip(coverable, waivers, strict=True)
            for field in search.required
        ]
        filled = fill(asks, self._occupancy, self._solver)
        for holds in filled.filling.values():
            self._occupancy.take(holds)
        return filled

    def _is_coverable(self, search: Search) -> bool:
        return all(self._occupancy.covers(field.clear, field) for field in search.required)

    def _required(self, search: Search, whole: Filled | None) -> Allotment:
        solution = whole.solution if whole else None
        if whole and not any(missing_of(field, whole.filling) for field in search.required):
            return Allotment(search, _shares(search.required, whole), solution=solution)
        return self._in_parts(search, solution)

    def _in_parts(self, search: Search, solution: Solution | None) -> Allotment:
        """Give a request what is left, if it can do with parts; else look what it would be."""
        if not search.required:
            return Allotment(search, (), solution=solution)
        filled = fill(map(Ask, search.required), self._occupancy, self._solver)
        prospects = Prospects(search, self._occupancy, self._solver)
        fate = prospects.fate(filled.filling)
        if fate.filling != filled.filling:
            sought = {field.name: Wave.ALLIANCE for field in search.required}
            filled = replace(filled, filling=fate.filling, waves=sought)
        short = any(missing_of(field, filled.filling) for field in search.required)
        kept = not fate.hopeless and not (short and search.request.terms.all_or_nothing)
        shares = tuple(
            replace(share, may_come_back=share.missing > 0 and prospects.may_come_back(share.field))
            for share in _shares(search.required, filled)
        )
        allotment = Allotment(
            search,
            shares,
            kept=kept,
            hopeless=fate.hopeless,
            questions=fate.questions,
            solution=solution or filled.solution,
        )
        self._occupancy.take(allotment.holds)
        return allotment

    def _with_optional(self, served: Sequence[Allotment]) -> list[Allotment]:
        fields = [field for each in served if each.kept for field in each.search.optional]
        filled = fill(map(Ask, fields), self._occupancy, self._solver) if fields else None
        if filled:
            for holds in filled.filling.values():
                self._occupancy.take(holds)
        return [
            replace(
                each,
                optional=self._optional_shares(each, filled),
                solution=each.solution or (filled.solution if filled else None),
            )
            for each in served
        ]

    def _optional_shares(self, allotment: Allotment, filled: Filled | None) -> tuple[Share, ...]:
        prospects = Prospects(allotment.search, self._occupancy, self._solver)
        if filled and allotment.kept:
            shares = _shares(allotment.search.optional, filled)
        else:
            shares = tuple(map(self._untried, allotment.search.optional))
        return tuple(
            replace(share, may_come_back=share.missing > 0 and prospects.may_come_back(share.field))
            for share in shares
        )

    def _untried(self, field: Field) -> Share:
        free = sum(self._occupancy.free(each, field) for each in field.clear)
        return Share(field, (), max(0, field.wanted - free), Wave.ALLIANCE)


def _shares(fields: Sequence[Field], filled: Filled) -> tuple[Share, ...]:
    return tuple(
        Share(
            field,
            tuple(filled.filling.get(field.name, ())),
            missing_of(field, filled.filling),
            filled.waves[field.name],
        )
        for field in fields
    )


def _wanted(search: Search) -> int:
    return sum(field.wanted for field in search.required)


def _waivers(searches: Sequence[Search]) -> list[float]:
    """Return what leaving each request out costs, so that first the number of whole ones counts,

    then that an earlier one goes before a later one, and only then how good the candidates are.
    """
    quantities = list(map(_wanted, searches))
    step = DEAREST * max(quantities)  # whatever one request's candidates could cost
    bonuses = [step * position for position in reversed(range(len(searches)))]
    base = sum(bonuses) + DEAREST * sum(quantities) + 1.0
    return [base + bonus for bonus in bonuses]
