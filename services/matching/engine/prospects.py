"""What becomes of a request that cannot be filled now: wait, ask an operator, or give up."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from muster.contracts.vocabulary.identifiers import CapabilityId, RequestId
from muster.contracts.vocabulary.statuses import BookingStatus
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.engine.asking import FILL, Ask, Filling, filling_of, missing_of
from services.matching.engine.candidates import DEAREST, Candidate, Field, Search
from services.matching.engine.filling import Solver
from services.matching.engine.model import Hold, Question
from services.matching.engine.occupancy import Occupancy, Use, least_useful
from services.matching.engine.policy import Matter
from services.matching.engine.verdicts import Ruling, Verdict

FEW = 3
"""So many providers are asked about, if there are as many, even if fewer would suffice."""

_NOTHING: Filling = {}


@dataclass(frozen=True)
class Fate:
    """What becomes of a request: what it holds meanwhile, unless it is hopeless.

    One that is not whole and not hopeless waits: for what may come back, or for an operator's
    answer to the questions. What it holds then can be completed to the whole.
    """

    filling: Filling
    hopeless: bool = False
    questions: tuple[Question, ...] = ()


class Prospects:
    """How one request could still be filled, if what others merely hold came free."""

    def __init__(self, search: Search, occupancy: Occupancy, solver: Solver) -> None:
        self._search = search
        self._occupancy = occupancy
        self._solver = solver
        self._firm = _firm_for(search.request.request_id)
        fields = search.required
        self._unsure = {each.capability_id for field in fields for each in field.doubtful}
        self._dear = DEAREST * sum(field.wanted for field in fields) + 1.0

    def may_come_back(self, field: Field) -> bool:
        """Tell whether clear candidates could cover this one need then."""
        return self._occupancy.covers(field.clear, field, self._firm)

    def fate(self, filling: Filling) -> Fate:
        """Return what becomes of the request if so much of it can be had now.

        All that is required is looked at together, so that no two needs count on the same units.
        Waiting, if it may wait, comes before questions, and what can be had now before handing it
        out anew so that the rest can follow.
        """
        if not self._is_short(filling):
            return Fate(filling)
        may_wait = self._search.demand.may_wait
        for doubtful in (False, True) if may_wait else (True,):
            for held in (filling, _NOTHING) if filling else (_NOTHING,):
                rest = self._rest(held, doubtful=doubtful)
                if rest is None:
                    continue
                kept = held or self._free_now(rest)
                questions = self._questions(rest) if doubtful else ()
                if may_wait or questions or not self._is_short(kept):
                    return Fate(kept, questions=questions)
        return Fate(filling, hopeless=True)

    def _is_short(self, filling: Filling) -> bool:
        return any(missing_of(field, filling) for field in self._search.required)

    def _rest(self, held: Filling, *, doubtful: bool) -> Filling | None:
        """Return who would serve what these holds leave open, as few doubtful ones as possible.

        None: nobody can. As long as that is not proven, it is taken for possible.
        """
        asks = [
            Ask(
                replace(field, wanted=missing),
                penalty=FILL + self._dear,
                group="whole",
                doubtful=self._dear if doubtful else None,
            )
            for field in self._search.required
            if (missing := missing_of(field, held))
        ]
        taken = [hold for holds in held.values() for hold in holds]
        solution = self._solver.solve(asks, lambda capability: self._uses(capability, taken))
        filling = filling_of(solution, asks)
        whole = not any(missing_of(ask.field, filling) for ask in asks)
        return filling if whole or solution.status != "optimal" else None

    def _uses(self, capability: Capability, taken: Iterable[Hold]) -> list[Use]:
        """Return what stays taken of a capability: by others only for good, if one may wait.

        An answer takes its time in any case, so whoever is doubtful may come free until then.
        """
        uses = self._occupancy.uses(capability)
        if self._search.demand.may_wait or capability.capability_id in self._unsure:
            uses = [use for use in uses if self._firm(use)]
        return [*uses, *(hold for hold in taken if hold.capability_id == capability.capability_id)]

    def _free_now(self, whole: Filling) -> Filling:
        """Return as much of what would serve the request as is clear and free already."""
        taken: Counter[CapabilityId] = Counter()
        filling: dict[str, list[Hold]] = defaultdict(list)
        for field in self._search.required:
            clear = {each.capability_id: each for each in field.clear}
            for hold in whole.get(field.name, ()):
                name = hold.capability_id
                free = self._occupancy.free(clear[name], field) if name in clear else 0
                quantity = min(hold.quantity, free - taken[name])
                if quantity >= least_useful(field):
                    taken[name] += quantity
                    filling[field.name].append(replace(hold, quantity=quantity))
        return filling

    def _questions(self, rest: Filling) -> tuple[Question, ...]:
        """Return what operators have to be asked, so that the rest can be had after all."""
        asked: list[Candidate] = []
        for field in self._search.required:
            doubtful = {hold.capability_id for hold in rest.get(field.name, ())}
            asked += self._with_a_few(field, doubtful)
        return _questions_about(asked)

    def _with_a_few(self, field: Field, wanted: Collection[CapabilityId]) -> list[Candidate]:
        """Return the wanted ones among the doubtful, and the best of the others up to a few."""
        chosen = [each for each in field.doubtful if each.capability_id in wanted]
        matters = {each.matter for each in chosen}
        if not chosen:
            return []
        for candidate in field.doubtful:
            if len(matters) >= FEW and candidate.matter not in matters:
                break
            new = candidate.capability_id not in wanted
            if new and self._occupancy.free(candidate, field, self._firm):
                chosen.append(candidate)
                matters.add(candidate.matter)
        return chosen


def _firm_for(request_id: RequestId) -> Callable[[Use], bool]:
    """Return what tells whether waiting will not free a use for this request.

    Firm is what is confirmed, and whatever the request itself has already.
    """

    def is_firm(use: Use) -> bool:
        confirmed = isinstance(use, Booking) and use.status is BookingStatus.CONFIRMED
        return confirmed or use.request_id == request_id

    return is_firm


def _questions_about(candidates: Iterable[Candidate]) -> tuple[Question, ...]:
    """Return one question for each matter, with every verdict that asks for it once."""
    asking: dict[Matter, dict[str, Verdict]] = {}
    for candidate in candidates:
        verdicts = asking.setdefault(candidate.matter, {})
        for verdict in candidate.verdicts:
            if verdict.ruling is Ruling.REVIEW:
                verdicts.setdefault(verdict.key, verdict)
    return tuple(Question(matter, tuple(found.values())) for matter, found in asking.items())
