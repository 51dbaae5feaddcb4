"""How much of each capacity is taken at any instant, while an allocation grows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.matching.domain.level import peak
from services.matching.engine.allocation.model import Hold, Window


class Ledger:
    """What is free of each capacity; asked before taking, it never lets one be overdrawn."""

    def __init__(self, capacities: Mapping[str, int], holds: Iterable[Hold] = ()) -> None:
        self._capacities = capacities
        self._uses: dict[str, list[tuple[Window, int]]] = defaultdict(list)
        for hold in holds:
            self.take(hold.capacity, hold.quantity, hold.taken_during)

    def free(self, capacity: str, window: Window) -> int:
        """Return how much is free through the whole window; 0 if more is taken than there is."""
        units = self._capacities[capacity]
        uses = self._uses.get(capacity)
        return max(0, units - _peak_use(uses, window)) if uses else units

    def take(self, capacity: str, quantity: int, window: Window) -> None:
        """Count this as taken from now on."""
        self._uses[capacity].append((window, quantity))

    def give_back(self, capacity: str, quantity: int, window: Window) -> None:
        """Count this as taken no longer."""
        self._uses[capacity].remove((window, quantity))


def _peak_use(uses: Iterable[tuple[Window, int]], window: Window) -> int:
    """Return the most that is taken at one instant of the window."""
    first, last = window
    steps: list[tuple[float, int]] = []
    for (start, end), quantity in uses:
        if start < last and first < end:
            steps.append((start, quantity))
            steps.append((end, -quantity))
    # Nothing needs clipping to the window: before it the sum only rises to the level at its start,
    # after it the sum only falls.
    return peak(steps)
