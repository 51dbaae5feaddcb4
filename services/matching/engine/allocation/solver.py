"""Solving a problem: at once where nobody contends, by integer programming where somebody does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import fsum

from services.matching.engine.allocation.consistency import check
from services.matching.engine.allocation.contention import Part, limits_of, parts_of
from services.matching.engine.allocation.highs import minimize
from services.matching.engine.allocation.instance import Instance, instance_of
from services.matching.engine.allocation.model import Allocated, Need, Problem, Solution
from services.matching.engine.allocation.program import program_of
from services.matching.engine.allocation.serving import least_cost, serve_all
from services.matching.engine.allocation.verification import cost_of, is_allowed

_SAME = 1e-9


@dataclass(frozen=True)
class _Answer:
    allocation: Sequence[Allocated]
    bound: float
    proven: bool = False


def greedy(problem: Problem) -> Solution:
    """Return what first come, first served gives: each need in turn takes what is cheapest.

    The needs of a whole group come where its first one stands. The answer keeps every rule but
    is seldom the best; its bound is what each need would cost if it were alone.
    """
    check(problem)
    instance = instance_of(problem)
    return _solution(instance, _greedily(instance), 0.0)


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
    answer = _greedily(instance)
    if not answer.proven:
        answer = _in_parts(instance, started + time_limit_s, clock)
    if not answer.proven:
        answer = _cheaper(instance, answer, _greedily(instance_of(problem)).allocation)
    return _solution(instance, answer, clock() - started)


def _by_penalty(need: Need) -> tuple[float, str]:
    return -need.penalty, need.id


def _greedily(instance: Instance) -> _Answer:
    """Return the greedy answer: proven if no need could do better even alone."""
    servings = serve_all(instance)
    cost = fsum(serving.cost for serving in servings)
    bound = fsum(least_cost(bundle, instance) for bundle in instance.bundles)
    allocation = [each for serving in servings for each in serving.allocated]
    return _Answer(allocation, bound, proven=cost <= bound + _SAME * bound)


def _in_parts(instance: Instance, deadline: float, clock: Callable[[], float]) -> _Answer:
    """Solve what contends part by part; each but the last may use half of the time left."""
    parts = parts_of(instance, limits_of(instance))
    answers = []
    for position, part in enumerate(parts, start=1):
        alone = instance.limited_to(part.bundles)
        answer = _greedily(alone)
        left = deadline - clock()
        if not answer.proven and left > 0:
            share = left if position == len(parts) else left / 2
            answer = _by_program(part, alone, answer, share)
        answers.append(answer)
    return _Answer(
        [each for answer in answers for each in answer.allocation],
        fsum(answer.bound for answer in answers),
        all(answer.proven for answer in answers),
    )


def _by_program(part: Part, instance: Instance, known: _Answer, time_limit_s: float) -> _Answer:
    """Improve on the known answer for this part by integer programming."""
    program = program_of(part, instance.options)
    outcome = minimize(program, program.values_of(known.allocation), time_limit_s)
    waiver = fsum(bundle.waiver for bundle in part.bundles)
    answer = _Answer(known.allocation, max(known.bound, waiver + outcome.bound))
    if outcome.values is None:
        return answer
    found = program.allocation(outcome.values)
    # What comes out of floating point arithmetic is believed only after counting it again.
    if not is_allowed(instance, found):
        return answer
    return replace(_cheaper(instance, answer, found), proven=outcome.proven)


def _cheaper(instance: Instance, answer: _Answer, other: Sequence[Allocated]) -> _Answer:
    """Return the answer, with the other allocation if that one is really cheaper."""
    least = cost_of(instance, answer.allocation)
    if cost_of(instance, other) < least - _SAME * least:
        return replace(answer, allocation=other)
    return answer


def _solution(instance: Instance, answer: _Answer, seconds: float) -> Solution:
    objective = cost_of(instance, answer.allocation)
    return Solution(
        allocation=tuple(sorted(answer.allocation)),
        objective=objective,
        bound=objective if answer.proven else min(answer.bound, objective),
        status="optimal" if answer.proven else "feasible",
        seconds=seconds,
    )
