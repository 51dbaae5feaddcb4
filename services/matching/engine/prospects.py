"""What becomes of a request that cannot be filled now: wait, ask an operator, or give up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.statuses import BookingStatus
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.engine.asking import Ask
from services.matching.engine.candidates import Candidate, Field, Search
from services.matching.engine.filling import Solver
from services.matching.engine.model import Question
from services.matching.engine.occupancy import Occupancy, Use
from services.matching.engine.policy import Matter
from services.matching.engine.verdicts import Ruling, Verdict

FEW = 3
"""So many providers are asked about, if there are as many, even if fewer would suffice."""


@dataclass(frozen=True)
class Fate:
    """A request that is not hopeless waits: for what may come back, or for an operator's answer."""

    hopeless: bool
    questions: tuple[Question, ...] = ()


class Prospects:
    """How one request could still be filled, if what others merely hold came free."""

    def __init__(self, search: Search, occupancy: Occupancy, solver: Solver) -> None:
        self._search = search
        self._occupancy = occupancy
        self._solver = solver
        self._firm = _firm_for(search.request.request_id)

    def may_come_back(self, field: Field) -> bool:
        """Tell whether clear candidates could cover this one need then."""
        return self._occupancy.covers(field.clear, field, self._firm)

    def fate(self, missing: Mapping[str, int]) -> "Fate":
        """Return what becomes of the request if so much of each required field is open now.

        It waits if it may, and clear candidates could cover all that is required when what others
        hold comes free: all of it together, so that no two needs count on the same units.
        """
        may_wait = self._search.demand.may_wait
        if not any(missing.values()) or (may_wait and self._could_be_whole(doubtful=False)):
            return Fate(hopeless=False)
        questions = self._questions(missing, may_wait)
        return Fate(hopeless=not questions, questions=questions)

    def _questions(self, missing: Mapping[str, int], may_wait: bool) -> tuple[Question, ...]:
        """Return what operators have to be asked, so that the request can be filled after all.

        If it may wait, nobody is asked for what may come back anyway. Empty: no decision helps.
        """
        if not self._could_be_whole(doubtful=True):
            return ()
        short = [field for field in self._search.required if missing[field.name]]
        stuck = [f for f in short if not self.may_come_back(f)] if may_wait else short
        asked: list[Candidate] = []
        for field in stuck or short:
            gap = missing[field.name]
            if may_wait and field in stuck:
                gap = field.wanted - self._reach(field.clear, field)
            helpful = [each for each in field.doubtful if self._reach([each], field)]
            if gap > self._reach(helpful, field):
                return ()
            asked += self._enough(helpful, field, gap)
        return _questions_about(asked)

    def _reach(self, candidates: Iterable[Candidate], field: Field) -> int:
        return sum(self._occupancy.free(each, field, self._firm) for each in candidates)

    def _enough(self, helpful: Sequence[Candidate], field: Field, gap: int) -> list[Candidate]:
        """Return the best, until what is free of them suffices, and a few more."""
        chosen: list[Candidate] = []
        matters: set[Matter] = set()
        for candidate in helpful:
            if gap <= 0 and len(matters) >= FEW and candidate.matter not in matters:
                break
            chosen.append(candidate)
            matters.add(candidate.matter)
            gap -= self._occupancy.free(candidate, field)
        return chosen

    def _could_be_whole(self, *, doubtful: bool) -> bool:
        asks = [Ask(each, group="whole", doubtful=doubtful) for each in self._search.required]
        alone = all(self._occupancy.covers(ask.candidates, ask.field, self._firm) for ask in asks)
        if not alone or len(asks) == 1:
            return alone
        solution = self._solver.solve(asks, self._firm_uses)
        unfilled = sum(ask.field.wanted for ask in asks) - sum(
            quantity for _, _, quantity in solution.allocation
        )
        return not unfilled

    def _firm_uses(self, capability: Capability) -> list[Use]:
        return [use for use in self._occupancy.uses(capability) if self._firm(use)]


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
