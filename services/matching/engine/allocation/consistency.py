"""Whether a problem makes sense, before anybody works on it: all faults are told at once."""

from collections import Counter
from collections.abc import Iterable, Iterator

from muster.contracts.vocabulary.errors import DomainError
from services.matching.engine.allocation.model import Problem, Window

MOST_UNITS = 10**9
HIGHEST_PRICE = 1e12
"""Beyond these the solver's arithmetic is no longer exact; both leave room for any real use."""


class InconsistentProblem(DomainError):
    """The problem contradicts itself; `faults` names each place, what is wrong, and what to do."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def check(problem: Problem) -> None:
    """Raise `InconsistentProblem` with every fault of the problem, or return if there is none."""
    if faults := [*_of_capacities(problem), *_of_needs(problem), *_of_the_rest(problem)]:
        raise InconsistentProblem(faults)


def _of_capacities(problem: Problem) -> Iterator[str]:
    for capacity, units in problem.capacities.items():
        yield from _units(f"capacities[{capacity!r}]", units)


def _of_needs(problem: Problem) -> Iterator[str]:
    groups = {group.id for group in problem.groups}
    yield from _repeated("needs", "id", (need.id for need in problem.needs))
    for position, need in enumerate(problem.needs):
        place = f"needs[{position}]"
        yield from _units(f"{place}.quantity", need.quantity)
        yield from _price(f"{place}.penalty", need.penalty)
        yield from _window(f"{place}.window", need.window)
        if need.group is not None and need.group not in groups:
            yield _unknown(f"{place}.group", need.group, "groups")


def _of_the_rest(problem: Problem) -> Iterator[str]:
    needs = {need.id for need in problem.needs}
    yield from _repeated("groups", "id", (group.id for group in problem.groups))
    pairs = ((candidate.need, candidate.capacity) for candidate in problem.candidates)
    yield from _repeated("candidates", "need and capacity", pairs)
    for position, candidate in enumerate(problem.candidates):
        place = f"candidates[{position}]"
        if candidate.need not in needs:
            yield _unknown(place, candidate.need, "needs")
        if candidate.capacity not in problem.capacities:
            yield _unknown(place, candidate.capacity, "capacities")
        yield from _price(f"The cost of {place}", candidate.cost)
    for position, hold in enumerate(problem.holds):
        place = f"holds[{position}]"
        if hold.capacity not in problem.capacities:
            yield _unknown(place, hold.capacity, "capacities")
        yield from _units(f"The quantity of {place}", hold.quantity)
        yield from _window(f"The window of {place}", hold.window)


def _units(place: str, units: int) -> Iterator[str]:
    if not 0 <= units <= MOST_UNITS:
        yield f"{place} is {units}: give a whole number from 0 to {MOST_UNITS}."


def _price(place: str, price: float) -> Iterator[str]:
    if not 0 <= price <= HIGHEST_PRICE:  # so written, it refuses what is not a number, too
        yield f"{place} is {price}: give a number from 0 to {HIGHEST_PRICE:.0f}."


def _window(place: str, window: Window | None) -> Iterator[str]:
    if window is None:
        return
    start, end = window
    if not float("-inf") < start < end < float("inf"):
        yield (
            f"{place} is [{start}, {end}]: give a finite start and a finite, later end,"
            " or leave the window out if it is always."
        )


def _unknown(place: str, name: str, where: str) -> str:
    return f"{place} names {name!r}, which is not in {where}: add it there or correct the name."


def _repeated(place: str, what: str, names: Iterable[object]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{place} has the {what} {name!r} {times} times: keep one of them."
