"""How much of a capability is taken at once. The heart of the promise never to overbook."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.contracts.vocabulary.values import Window
from services.matching.domain.level import peak


class Use(Protocol):
    """Anything that takes a quantity of a capability for a window."""

    @property
    def capability_id(self) -> CapabilityId:
        """Return what is used."""
        ...

    @property
    def quantity(self) -> int:
        """Return how much of it."""
        ...

    @property
    def window(self) -> Window:
        """Return for how long."""
        ...


def peak_use(uses: Iterable[Use], window: Window) -> int:
    """Return the largest quantity in use at any one instant of the window.

    Windows are half-open: a use that ends when another begins does not add to it.
    """
    steps: list[tuple[datetime, int]] = []
    for use in uses:
        if use.window.overlaps(window):
            steps.append((use.window.starts_at, use.quantity))
            steps.append((use.window.ends_at, -use.quantity))
    # Instants outside the window need no clipping: every use here overlaps it, so before the window
    # the sum only rises to the level at its start, and after its end it only falls.
    return peak(steps)


U = TypeVar("U", bound=Use)


class Calendar(Generic[U]):
    """What is taken of each capability, while an allocation adds to it."""

    def __init__(self, uses: Iterable[U]) -> None:
        self._uses: dict[CapabilityId, list[U]] = defaultdict(list)
        for use in uses:
            self._uses[use.capability_id].append(use)

    def uses(self, capability_id: CapabilityId) -> list[U]:
        """Return what is taken of one capability."""
        return self._uses.get(capability_id, [])

    def free(self, capability_id: CapabilityId, capacity: int, window: Window) -> int:
        """Return how much is free through the whole window; 0 if more is taken than there is."""
        return max(0, capacity - peak_use(self.uses(capability_id), window))

    def take(self, use: U) -> None:
        """Count this use from now on; ask `free` first."""
        self._uses[use.capability_id].append(use)
