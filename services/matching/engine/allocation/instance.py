"""A problem in the one form all solvers work on: in a fixed order, without what cannot matter."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from services.matching.engine.allocation.ledger import Ledger
from services.matching.engine.allocation.model import Candidate, Hold, Need, Problem


class Option(NamedTuple):
    """At most so much of a capacity for a need, were it alone. They sort by cost, then by name."""

    cost: float
    capacity: str
    limit: int


@dataclass(frozen=True)
class Bundle:
    """Needs decided together. Of a `whole` one all are filled or none; any other is one need."""

    needs: tuple[Need, ...]
    whole: bool

    @property
    def waiver(self) -> float:
        """Return what it costs to leave all of it unfilled."""
        return sum(need.penalty * need.quantity for need in self.needs)


@dataclass(frozen=True)
class Instance:
    """Bundles, and for each need the options worth a look, cheapest first."""

    bundles: tuple[Bundle, ...]
    options: Mapping[str, tuple[Option, ...]]
    capacities: Mapping[str, int]
    holds: tuple[Hold, ...]

    def ledger(self) -> Ledger:
        """Return a fresh ledger with nothing but the holds in it."""
        return Ledger(self.capacities, self.holds)

    def limited_to(self, bundles: Iterable[Bundle]) -> "Instance":
        """Return the instance with these bundles only."""
        return Instance(tuple(bundles), self.options, self.capacities, self.holds)


def instance_of(
    problem: Problem, order: Callable[[Need], tuple[float, str]] | None = None
) -> Instance:
    """Return the problem's instance, with the needs as they came or sorted by `order`.

    What it leaves out never changes the least cost: options dearer than leaving a need unfilled,
    or too small for one that is not splittable, or of a bundle that could not be whole even alone.
    """
    needs = [need for need in problem.needs if need.quantity]
    if order is not None:
        needs.sort(key=order)
    whole = {group.id for group in problem.groups if group.all_or_nothing}
    bundles = _bundles(needs, whole)
    options = _options(problem, needs, whole)
    for bundle in bundles:
        if bundle.whole and not _is_possible(bundle, options):
            options.update((need.id, ()) for need in bundle.needs)
    return Instance(bundles, options, problem.capacities, problem.holds)


def _bundles(needs: Iterable[Need], whole: set[str]) -> tuple[Bundle, ...]:
    members: dict[tuple[bool, str], list[Need]] = defaultdict(list)
    for need in needs:
        together = need.group is not None and need.group in whole
        members[together, str(need.group) if together else need.id].append(need)
    return tuple(Bundle(tuple(each), together) for (together, _), each in members.items())


def _options(
    problem: Problem, needs: Iterable[Need], whole: set[str]
) -> dict[str, tuple[Option, ...]]:
    ledger = Ledger(problem.capacities, problem.holds)
    offered: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in problem.candidates:
        offered[candidate.need].append(candidate)
    options: dict[str, tuple[Option, ...]] = {}
    for need in needs:
        window = need.taken_during
        least = 1 if need.splittable else need.quantity
        dearest = float("inf") if need.group in whole else need.penalty
        found = (
            Option(each.cost, each.capacity, min(need.quantity, ledger.free(each.capacity, window)))
            for each in offered[need.id]
            if each.cost <= dearest
        )
        options[need.id] = tuple(sorted(option for option in found if option.limit >= least))
    return options


def _is_possible(bundle: Bundle, options: Mapping[str, tuple[Option, ...]]) -> bool:
    """Tell whether each need could be filled. An option of an unsplittable one is all of it."""
    return all(
        sum(option.limit for option in options[need.id]) >= need.quantity for need in bundle.needs
    )
