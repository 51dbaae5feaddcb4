"""Solving a problem: at once where nobody contends, by integer programming where somebody does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from services.matching.engine.allocation.consistency import check
from services.matching.engine.allocation.contention import Part, limits_of, parts_of
from services.matching.engine.allocation.highs import minimize
from services.matching.engine.allocation.instance import Instance, instance_of
from services.matching.engine.allocation.model import Allocated, Need, Problem, Solution
from services.matching.engine.allocation.program import program_of
from services.matching.engine.allocation.serving import Serving, least_cost, serve_all
from services.matching.engine.allocation.verification import cost_of, is_allowed

_SAME = 1e-9


@dataclass(frozen=True)
class _Answer:
    allocation: Sequence[Allocated]
    bound: float
    proven: bool


def greedy(problem: Problem) -> Solution:
    """Return what first come, first served gives: each need in turn takes what is cheapest.

    The needs of a whole group come where its first one stands. The answer keeps every rule but
    is seldom the best; its bound is what each need would cost if it were alone.
    """
    check(problem)
    instance = instance_of(problem)
    servings = serve_all(instance)
    bound = sum(least_cost(bundle, instance) for bundle in instance.bundles)
    return _solution(problem, _answer_of(servings, bound), 0.0)


def solve(problem: Problem, time_limit_s: float, clock: Callable[[], float]) -> Solution:
    """Return the cheapest allocation, proven, or the best one found in time with its bound.

    It is never dearer than `greedy`. The order in which anything of the problem is listed changes
    nothing: the work is done in the order of the ids, by one thread, with a fixed seed. So as long
    as the answer is optimal, the same problem gives the same answer, on a slow machine as on a
    fast one. Where the time limit strikes, the rules and the bound still hold, but how far the
    search came depends on the machine; the parts of the problem that were finished in time are
    as repeatable as ever. `clock` tells seconds. Raises `InconsistentProblem`.
    """
    started = clock()
    check(problem)
    instance = instance_of(problem, _by_penalty)
    answer = _at_once(instance) or _in_parts(instance, started + time_limit_s, clock)
    if not answer.proven:
        answer = _better(problem, answer, greedy(problem).allocation)
    return _solution(problem, answer, clock() - started)


def _by_penalty(need: Need) -> tuple[float, str]:
    return -need.penalty, need.id


def _at_once(instance: Instance) -> _Answer | None:
    """Return the greedy answer if no other can be better, and nothing if one might be."""
    servings = serve_all(instance)
    bound = sum(least_cost(bundle, instance) for bundle in instance.bundles)
    answer = _answer_of(servings, bound)
    return answer if answer.proven else None


def _answer_of(servings: Iterable[Serving], bound: float) -> _Answer:
    servings = list(servings)
    cost = sum(serving.cost for serving in servings)
    allocation = [each for serving in servings for each in serving.allocated]
    return _Answer(allocation, bound, cost <= bound + _SAME * max(1.0, bound))


def _in_parts(instance: Instance, deadline: float, clock: Callable[[], float]) -> _Answer:
    """Solve what contends part by part; each but the last may use half of the time left."""
    parts = parts_of(instance, limits_of(instance))
    answers = []
    for position, part in enumerate(parts, start=1):
        alone = instance.limited_to(part.bundles)
        answer = _at_once(alone)
        if answer is None:
            left = deadline - clock()
            answer = _by_program(part, alone, left if position == len(parts) else left / 2)
        answers.append(answer)
    return _Answer(
        [each for answer in answers for each in answer.allocation],
        fsum(answer.bound for answer in answers),
        all(answer.proven for answer in answers),
    )


def _by_program(part: Part, instance: Instance, time_limit_s: float) -> _Answer:
    servings = serve_all(instance)
    allocation = [each for serving in servings for each in serving.allocated]
    bound = fsum(least_cost(bundle, instance) for bundle in part.bundles)
    if time_limit_s <= 0:
        return _Answer(allocation, bound, proven=False)
    waiver = fsum(bundle.waiver for bundle in part.bundles)
    program = program_of(part, instance.options)
    outcome = minimize(program, program.values_of(allocation), time_limit_s)
    bound = max(bound, waiver + outcome.bound)
    if outcome.values is not None:
        found = program.allocation(outcome.values)
        ...
    return _Answer(allocation, bound, outcome.proven)
