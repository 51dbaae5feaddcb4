"""Solving a problem: at once where nobody contends, by searching where somebody does."""

from collections.abc import Callable

from services.matching.engine.allocation.answer import Answer, put_together, served_in_turn
from services.matching.engine.allocation.consistency import check
from services.matching.engine.allocation.contention import limits_of, parts_of
from services.matching.engine.allocation.instance import Instance, instance_of
from services.matching.engine.allocation.model import Need, Problem, Solution
from services.matching.engine.allocation.search import improve


def greedy(problem: Problem) -> Solution:
    """Return what first come, first served gives: each need in turn takes what is cheapest.

    The needs of a whole group come where its first one stands. The answer keeps every rule but
    is seldom the best; its bound is what each need would cost if it were alone. The seconds are
    not counted.
    """
    check(problem)
    return _solution(served_in_turn(instance_of(problem)), 0.0)


def solve(problem: Problem, time_limit_s: float, clock: Callable[[], float]) -> Solution:
    """Return the cheapest allocation, proven, or the best one found in time with its bound.

    It is never dearer than `greedy`. The order in which anything of the problem is listed changes
    nothing: the work is done in the order of penalties and ids, by one thread, with a fixed seed.
    So as long as the answer is optimal, the same problem gives the same answer, on a slow machine
    as on a fast one. Where the time limit strikes, the rules and the bound still hold, but how far
    the search came depends on the machine; the parts of the problem that were finished in time
    are as repeatable as ever. `clock` tells seconds. Raises `InconsistentProblem`.
    """
    started = clock()
    check(problem)
    instance = instance_of(problem, _by_penalty)
    answer = served_in_turn(instance)
    if not answer.proven:
        # Checking and comparing at the end takes about as long as all of this did.
        spent = clock() - started
        answer = _in_parts(instance, started + time_limit_s - spent, clock)
    if not answer.proven:
        in_given_order = served_in_turn(instance_of(problem))
        answer = answer.or_cheaper(instance, in_given_order.allocation)
    return _solution(answer, clock() - started)


def _by_penalty(need: Need) -> tuple[float, str]:
    return -need.penalty, need.id


def _in_parts(instance: Instance, deadline: float, clock: Callable[[], float]) -> Answer:
    """Solve what contends part by part; each but the last may use half of the time left."""
    parts = parts_of(instance, limits_of(instance))
    answers = []
    for position, part in enumerate(parts, start=1):
        alone = instance.limited_to(part.bundles)
        answer = served_in_turn(alone)
        if not answer.proven:
            now = clock()
            share = (deadline - now) / (1 if position == len(parts) else 2)
            answer = improve(part, alone, answer, _until(now + share, clock))
        answers.append(answer)
    return put_together(answers)


def _until(moment: float, clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: moment - clock()


def _solution(answer: Answer, seconds: float) -> Solution:
    return Solution(
        allocation=tuple(sorted(answer.allocation)),
        objective=answer.cost,
        bound=answer.cost if answer.proven else answer.bound,
        status="optimal" if answer.proven else "feasible",
        seconds=seconds,
    )
