"""The search for the optimum of one part, by linear and integer programming."""

from collections.abc import Callable, Sequence

from services.matching.engine.allocation.answer import Answer
from services.matching.engine.allocation.contention import Part
from services.matching.engine.allocation.diving import dive
from services.matching.engine.allocation.highs import Relaxation, minimize
from services.matching.engine.allocation.instance import Instance
from services.matching.engine.allocation.program import Program, program_of

_ROUNDING = 1e-7


def improve(
    part: Part, instance: Instance, answer: Answer, time_left: Callable[[], float]
) -> Answer:
    """Return the proven optimum, or what is known of it when no time is left.

    First the relaxed program gives a bound and, by diving, a good allocation. An option that adds
    more to the bound than lies between the two is in no better one; the others are searched.
    """
    limit = time_left()
    if limit <= 0:
        return answer
    program = program_of(part, instance.options)
    waiver = sum(bundle.waiver for bundle in part.bundles)
    relaxation = Relaxation(program, limit)
    relaxed = relaxation.solve()
    if relaxed is None:
        return answer
    bound, added = relaxation.prices()
    answer = _with(instance, answer, program, dive(relaxation, relaxed))
    answer = answer.with_bound(waiver + bound)
    limit = time_left()
    if answer.proven or limit <= 0:
        return answer
    room = answer.cost - (waiver + bound) + _ROUNDING * answer.cost
    uppers = [
        upper if more <= room else 0 for upper, more in zip(program.uppers, added, strict=True)
    ]
    outcome = minimize(program, uppers, program.values_of(answer.allocation), limit)
    answer = _with(instance, answer, program, outcome.values)
    # A proven outcome is within the solver's tolerance of its bound, which is all it can prove.
    close = outcome.proven and answer.cost <= waiver + outcome.bound + _ROUNDING * answer.cost
    return answer.with_bound(answer.cost if close else waiver + outcome.bound)


def _with(
    instance: Instance, answer: Answer, program: Program, values: Sequence[float] | None
) -> Answer:
    if values is None:
        return answer
    return answer.or_cheaper(instance, program.allocation(values))
