"""Filling many fields together, from the nearest wave that suffices, wider only where it must."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from muster.contracts.vocabulary.identifiers import CapabilityId
from services.matching.domain.capability import Capability
from services.matching.engine import allocation
from services.matching.engine.asking import Ask, Filling, filling_of, missing_of, problem_of
from services.matching.engine.candidates import Field
from services.matching.engine.occupancy import Occupancy, Use
from services.matching.engine.verdicts import Wave
from services.matching.engine.waves import RANK

_SOLVES = len(Wave)


class Solver:
    """The allocator within the time that one plan may take."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._deadline = clock() + seconds
        self.solved: list[allocation.Solution] = []

    def solve(
        self, asks: Sequence[Ask], uses_of: Callable[[Capability], Iterable[Use]]
    ) -> allocation.Solution:
        """Return the best way to fill these asks beside these uses.

        It may take half of the time that is left, so that there is some for every problem to come.
        """
        left = max(0.0, self._deadline - self._clock())
        solution = allocation.solve(problem_of(asks, uses_of), left / 2, self._clock)
        self.solved.append(solution)
        return solution


@dataclass(frozen=True)
class Filled:
    """What every field gets, how far it was sought, and how the allocation ended."""

    filling: Filling
    waves: dict[str, Wave]
    solution: allocation.Solution


def fill(asks: Iterable[Ask], occupancy: Occupancy, solver: Solver) -> Filled:
    """Return the best filling from what is free.

    Every field begins with the nearest wave that could cover it alone. If contention then leaves
    one short, it and all that contend with it are sought a wave further, and filled anew.
    """
    asks = [replace(ask, wave=_first_wave(ask.field, occupancy)) for ask in asks]
    for _ in range(_SOLVES):
        solution = solver.solve(asks, occupancy.uses)
        filling = filling_of(solution, asks)
        wider = _wider(asks, filling, occupancy)
        if wider == asks:
            break
        asks = wider
    return Filled(filling, {ask.field.name: ask.wave for ask in asks}, solution)


def _first_wave(field: Field, occupancy: Occupancy) -> Wave:
    for wave in Wave:
        if occupancy.covers(Ask(field, wave).candidates, field):
            return wave
    return Wave.ALLIANCE


def _wider(asks: list[Ask], filling: Filling, occupancy: Occupancy) -> list[Ask]:
    short = [
        ask.field
        for ask in asks
        if missing_of(ask.field, filling) and occupancy.covers(ask.field.clear, ask.field)
    ]
    concerned = _contending(short, [ask.field for ask in asks])
    return [_widened(ask) if ask.field.name in concerned else ask for ask in asks]


def _contending(some: Iterable[Field], fields: Iterable[Field]) -> set[str]:
    """Return the names of these fields, and of all that want what one of them wants, and so on."""
    concerned = {field.name for field in some}
    wanted: set[CapabilityId] = set()
    reach = {field.name: {each.capability_id for each in field.clear} for field in fields}
    grown = True
    while grown:
        wanted = wanted.union(*(reach[name] for name in concerned))
        found = {name for name, capabilities in reach.items() if capabilities & wanted}
        grown = bool(concerned) and not found <= concerned
        concerned |= found
    return concerned


def _widened(ask: Ask) -> Ask:
    """Return the ask with the next wave that has anybody to add."""
    beyond = [each.wave for each in ask.field.clear if RANK[each.wave] > RANK[ask.wave]]
    return replace(ask, wave=min(beyond, key=RANK.__getitem__)) if beyond else ask
