"""What is taken of each capability: what was booked before, and what the plan holds so far."""

from collections.abc import Callable, Iterable

from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.domain.capacity import Calendar, peak_use
from services.matching.engine.candidates import Candidate, Field
from services.matching.engine.model import Hold

Use = Booking | Hold


def _everything(_use: Use) -> bool:
    return True


class Occupancy:
    """Grows as tier after tier is served; nothing is ever given back."""

    def __init__(self, bookings: Iterable[Booking]) -> None:
        self._calendar: Calendar[Use] = Calendar(bookings)

    def take(self, holds: Iterable[Hold]) -> None:
        """Count these from now on."""
        for hold in holds:
            self._calendar.take(hold)

    def uses(self, capability: Capability) -> list[Use]:
        """Return what is taken of a capability, at any time."""
        return self._calendar.uses(capability.capability_id)

    def free(
        self, candidate: Candidate, field: Field, counts: Callable[[Use], bool] = _everything
    ) -> int:
        """Return how much the need could have of this candidate, if only these uses counted.

        A need that is not splittable could have all it wants or nothing.
        """
        uses = [use for use in self.uses(candidate.capability) if counts(use)]
        free = max(0, candidate.capability.capacity - peak_use(uses, field.window))
        return free if free >= least_useful(field) else 0

    def covers(
        self,
        candidates: Iterable[Candidate],
        field: Field,
        counts: Callable[[Use], bool] = _everything,
    ) -> bool:
        """Tell whether these candidates could cover the need, if only these uses counted."""
        missing = field.wanted
        for candidate in candidates:
            missing -= self.free(candidate, field, counts)
            if missing <= 0:
                return True
        return False


def least_useful(field: Field) -> int:
    """Return the smallest part of the need that one candidate may cover."""
    return 1 if field.need.splittable else field.wanted
