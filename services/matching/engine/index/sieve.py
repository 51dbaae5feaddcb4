"""The rows that are left, gate after gate, and how many each gate turned away."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from services.matching.engine.index.columns import Column
from services.matching.engine.index.names import Names
from services.matching.engine.index.partition import Partition

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]


class Sieve:
    """Looks at all rows of a partition through one gate after another, in their order.

    First `bar` those whom the request does not want, then `begin`, then `keep` at each gate.
    """

    def __init__(self, partition: Partition) -> None:
        self.partition = partition
        self.view = partition.columns.view
        self.size = len(partition.ids)
        self.rows: Rows = np.zeros(0, dtype=np.intp)
        self.carried: dict[str, Column] = {}  # what was found out about the rows that are left
        self.turned_away: dict[str, int] = {}
        self._barred: Mask | None = None
        self._left = self.size
        for rule in ("provider_active", "capability_published"):
            self.count(rule, partition.shut_by[rule])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> Column:
        """Return what the rows that are left have in this column."""
        return self.view[column].take(self.rows)

    def count(self, rule: str, turned_away: int) -> None:
        """Count so many as turned away by this rule."""
        if turned_away:
            self.turned_away[rule] = self.turned_away.get(rule, 0) + turned_away

    def bar(self, rows: Rows, rule: str) -> None:
        """Turn these rows away before anything else is looked at."""
        if self._barred is None:
            self._barred = np.zeros(self.size, dtype=np.bool_)
        news = rows[~self._barred[rows]]
        self._barred[news] = True
        self._left -= len(news)
        self.count(rule, len(news))

    def bar_all(self, rule: str) -> None:
        """Turn everybody away who is not barred yet."""
        self.count(rule, self._left)
        self._barred = np.ones(self.size, dtype=np.bool_)
        self._left = 0

    def begin(self, holds: Mask | None, rule: str) -> None:
        """Go on with the rows for which it holds, out of all; None: for which it holds is clear."""
        if self._barred is not None:
            holds = ~self._barred if holds is None else holds & ~self._barred
        self.rows = np.arange(self.size) if holds is None else holds.nonzero()[0]
        self.count(rule, self._left - len(self.rows))

    def keep(self, *gates: tuple[str, Mask]) -> None:
        """Keep the rows for which all of these hold; the first that does not is counted."""
        left = len(self.rows)
        passing: Mask | None = None
        for rule, holds in gates:
            passing = holds if passing is None else passing & holds
            kept = int(np.count_nonzero(passing))
            self.count(rule, left - kept)
            left = kept
        if passing is not None and left < len(self.rows):
            self._thin(passing)

    def keep_lawful(self, holds: Mask, failing: Callable[[Rows], Column], rules: Names) -> None:
        """Keep the rows for which it holds; `failing` tells which rule other places fail."""
        if not holds.all():
            for number, times in enumerate(np.bincount(failing((~holds).nonzero()[0]))):
                self.count(rules[number], int(times))
            self._thin(holds)

    def _thin(self, holds: Mask) -> None:
        places = holds.nonzero()[0]  # quicker than the mask itself if it is spotted
        self.rows = self.rows.take(places)
        for name, column in self.carried.items():
            self.carried[name] = column.take(places)

    def within(self, column: str, since: int, until: int) -> Mask:
        """Tell which rows have a span in these columns that holds the whole window."""
        holds: Mask = self[f"{column} since"] <= since
        holds &= self[f"{column} until"] >= until
        further = self.partition.spans.get(column)
        if further is None or holds.all():
            return holds
        flags = further.holding((since, until), self.size)
        if flags is not None:
            holds |= flags.take(self.rows)
        return holds
