"""The allocator's language: fields become needs of a problem, its answer becomes holds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.matching.domain.capability import Capability
from services.matching.engine import allocation
from services.matching.engine.candidates import DEAREST, Candidate, Field
from services.matching.engine.model import Hold
from services.matching.engine.occupancy import Use
from services.matching.engine.verdicts import Ruling, Wave
from services.matching.engine.waves import RANK

FILL = DEAREST + 1.0
"""What a unit left unfilled costs: more than any candidate, so that filling always pays."""


@dataclass(frozen=True)
class Ask:
    """A field whose clear candidates up to a wave may be used.

    `doubtful` is what a unit of a doubtful candidate costs on top; None: those may not be used.
    `penalty` is what leaving a unit open costs. The asks of one `group` are filled all together
    or not at all.
    """

    field: Field
    wave: Wave = Wave.ALLIANCE
    penalty: float = FILL
    group: str | None = None
    doubtful: float | None = None

    @cached_property
    def candidates(self) -> Sequence[Candidate]:
        """Return whom the allocator may choose."""
        usable = self.field.clear
        if self.doubtful is not None:
            usable += self.field.doubtful
        return [each for each in usable if RANK[each.wave] <= RANK[self.wave]]

    def cost_of(self, candidate: Candidate) -> float:
        """Return what one unit of a candidate costs here."""
        cleared = candidate.ruling is Ruling.PASSED
        return candidate.cost if cleared else candidate.cost + (self.doubtful or 0.0)


Filling = Mapping[str, Sequence[Hold]]
"""What each field gets, by its name; those that get nothing may be absent."""


def problem_of(
    asks: Sequence[Ask], uses_of: Callable[[Capability], Iterable[Use]]
) -> allocation.Problem:
    """Return the allocator's problem, with these uses of the capabilities as holds."""
    chances = [(ask, candidate) for ask in asks for candidate in ask.candidates]
    capabilities = {each.capability_id: each.capability for _, each in chances}
    return allocation.Problem(
        capacities={name: each.capacity for name, each in sorted(capabilities.items())},
        needs=tuple(map(_need, asks)),
        groups=tuple(
            allocation.Group(group, all_or_nothing=True)
            for group in sorted({ask.group for ask in asks if ask.group is not None})
        ),
        candidates=tuple(
            allocation.Candidate(ask.field.name, each.capability_id, ask.cost_of(each))
            for ask, each in chances
        ),
        holds=tuple(
            allocation.Hold(name, use.quantity, _span(use))
            for name, capability in sorted(capabilities.items())
            for use in uses_of(capability)
        ),
    )


def filling_of(solution: allocation.Solution, asks: Iterable[Ask]) -> Filling:
    """Return what the solution gives to each field."""
    places = {
        (ask.field.name, str(candidate.capability_id)): (ask.field, candidate.capability)
        for ask in asks
        for candidate in ask.candidates
    }
    filling: dict[str, list[Hold]] = defaultdict(list)
    for name, capability_id, quantity in solution.allocation:
        field, capability = places[name, capability_id]
        filling[name].append(
            Hold(field.request.request_id, field.need, capability, quantity, field.window)
        )
    return filling


def missing_of(field: Field, filling: Filling) -> int:
    """Return how much of the field stays open."""
    return field.wanted - sum(hold.quantity for hold in filling.get(field.name, ()))


def _need(ask: Ask) -> allocation.Need:
    return allocation.Need(
        id=ask.field.name,
        quantity=ask.field.wanted,
        splittable=ask.field.need.splittable,
        penalty=ask.penalty,
        group=ask.group,
        window=_span(ask.field),
    )


def _span(of: Field | Use) -> allocation.model.Window:
    return of.window.starts_at.timestamp(), of.window.ends_at.timestamp()
