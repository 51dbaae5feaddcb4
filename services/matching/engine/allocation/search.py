"""The search for the optimum of one part, by linear and integer programming."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.matching.engine.allocation.answer import Answer
from services.matching.engine.allocation.completion import completed
from services.matching.engine.allocation.contention import Part
from services.matching.engine.allocation.diving import dive
from services.matching.engine.allocation.highs import Outcome, Relaxation, minimize
from services.matching.engine.allocation.instance import Instance
from services.matching.engine.allocation.program import Program, program_of

_ROUNDING = 1e-7
_CORE = 0.02
_MOST_NODES_IN_CORE = 50


def improve(
    part: Part, instance: Instance, answer: Answer, time_left: Callable[[], float]
) -> Answer:
    """Return the proven optimum, or what is known of it when no time is left.

    The relaxed program gives a bound and, by diving, a good allocation. An option that adds more
    to the bound than lies between the two is in no better one. Of the others the few that add
    next to nothing are searched first: the best among them is seldom beaten, and rules out more.
    """
    limit = time_left()
    if limit <= 0:
        return answer
    program = program_of(part, instance.options)
    relaxation = Relaxation(program, limit)
    relaxed = relaxation.solve()
    if relaxed is None:
        return answer
    bound, added = relaxation.prices()
    waiver = sum(bundle.waiver for bundle in part.bundles)
    search = _Search(instance, program, waiver, bound, added.tolist())
    answer = search.taking(answer, dive(relaxation, relaxed)).with_bound(search.least)
    for core in (True, False):
        limit = time_left()
        if answer.proven or limit <= 0:
            break
        answer = search.core(answer, limit) if core else search.all(answer, limit)
    return answer


@dataclass(frozen=True)
class _Search:
    """A program, the bound of its relaxation, and what each column adds to it."""

    instance: Instance
    program: Program
    waiver: float
    bound: float
    added: Sequence[float]

    @property
    def least(self) -> float:
        """Return the cost that the relaxation proves no allocation to be below."""
        return self.waiver + self.bound

    def taking(self, answer: Answer, values: Sequence[float] | None) -> Answer:
        """Return the answer, or what these values hand out if that, completed, is cheaper."""
        if values is None:
            return answer
        handed_out = completed(self.instance, self.program.allocation(values))
        return answer.or_cheaper(self.instance, handed_out)

    def core(self, answer: Answer, time_limit_s: float) -> Answer:
        """Search the columns that add little or are in use, and no longer than is worth it.

        The end is by nodes, not by time, so that it is the same on any machine.
        """
        room = self._room(answer)
        start = self.program.values_of(answer.allocation)
        uppers = [
            upper if used or more <= room * _CORE else 0
            for upper, more, used in zip(self.program.uppers, self.added, start, strict=True)
        ]
        if _kept(uppers) * 2 > _kept(self._uppers(room)):
            return answer
        outcome = minimize(self.program, uppers, start, time_limit_s, _MOST_NODES_IN_CORE)
        elsewhere = self.least + room * _CORE
        answer = self.taking(answer, outcome.values)
        return answer.with_bound(min(self.waiver + outcome.bound, elsewhere))

    def all(self, answer: Answer, time_limit_s: float) -> Answer:
        """Search every column that may be in a better allocation."""
        start = self.program.values_of(answer.allocation)
        outcome = minimize(self.program, self._uppers(self._room(answer)), start, time_limit_s)
        answer = self.taking(answer, outcome.values)
        proves = outcome.proven and self._is_close(answer, outcome)
        return answer.with_bound(answer.cost if proves else self.waiver + outcome.bound)

    def _room(self, answer: Answer) -> float:
        return answer.cost - self.least + _ROUNDING * answer.cost

    def _uppers(self, room: float) -> list[int]:
        columns = zip(self.program.uppers, self.added, strict=True)
        return [upper if more <= room else 0 for upper, more in columns]

    def _is_close(self, answer: Answer, outcome: Outcome) -> bool:
        """Tell whether the answer is what the solver proved, within its tolerances."""
        return answer.cost <= self.waiver + outcome.bound + _ROUNDING * answer.cost


def _kept(uppers: Sequence[int]) -> int:
    return sum(upper > 0 for upper in uppers)
