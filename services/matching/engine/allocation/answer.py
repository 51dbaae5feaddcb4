"""The best that is known so far of an instance, and how good it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import fsum

from services.matching.engine.allocation.instance import Instance
from services.matching.engine.allocation.model import Allocated
from services.matching.engine.allocation.serving import least_cost, serve_all
from services.matching.engine.allocation.verification import cost_of, is_allowed

_SAME = 1e-9


@dataclass(frozen=True)
class Answer:
    """An allowed allocation, its cost, and below what no allocation can cost: proven if equal."""

    allocation: tuple[Allocated, ...]
    cost: float
    bound: float

    @property
    def proven(self) -> bool:
        """Tell whether nothing can be cheaper, beyond what adding up in another order may do."""
        return self.cost <= self.bound + _SAME * self.bound

    def with_bound(self, bound: float) -> "Answer":
        """Return the answer with this bound, if it is a tighter one."""
        return replace(self, bound=max(self.bound, min(bound, self.cost)))

    def or_cheaper(self, instance: Instance, other: Sequence[Allocated]) -> "Answer":
        """Return the answer with the other allocation instead, if that is allowed and cheaper.

        What comes out of floating point arithmetic is believed only after counting it again.
        """
        if not is_allowed(instance, other):
            return self
        cost = cost_of(instance, other)
        if cost >= self.cost - _SAME * self.cost:
            return self
        return Answer(tuple(other), cost, min(self.bound, cost))


def served_in_turn(instance: Instance) -> Answer:
    """Return the greedy answer; its bound is what each bundle would cost if it were alone."""
    allocation = tuple(serve_all(instance))
    bound = fsum(least_cost(bundle, instance) for bundle in instance.bundles)
    cost = cost_of(instance, allocation)
    return Answer(allocation, cost, min(bound, cost))


def put_together(answers: Iterable[Answer]) -> Answer:
    """Return the answer to several parts that have nothing to do with each other."""
    answers = list(answers)
    return Answer(
        tuple(each for answer in answers for each in answer.allocation),
        fsum(answer.cost for answer in answers),
        fsum(answer.bound for answer in answers),
    )
