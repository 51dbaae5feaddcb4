"""Columns of equal length that grow by doubling."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]

_FIRST_ROWS = 16


class Columns:
    """Named numpy arrays with the same number of rows.

    Rows are removed by moving the last one into the gap. `view` is what a search reads; an array
    in it is good until the next change.
    """

    def __init__(self) -> None:
        self._rows = 0
        self._room = _FIRST_ROWS
        self._columns: dict[str, Column] = {}
        self._view: dict[str, Column] | None = None

    def __len__(self) -> int:
        return self._rows

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    @property
    def nbytes(self) -> int:
        """Return how much memory the arrays take, room to grow included."""
        return sum(column.nbytes for column in self._columns.values())

    @property
    def view(self) -> dict[str, Column]:
        """Return every column, cut to the rows in use."""
        if self._view is None:
            self._view = {name: column[: self._rows] for name, column in self._columns.items()}
        return self._view

    def add(self, name: str, kind: type[np.generic]) -> None:
        """Add a column in which every row has zero."""
        self._columns[name] = np.zeros(self._room, dtype=kind)
        self._view = None

    def append(self, values: Mapping[str, Any]) -> int:
        """Return the number of a new row with these values, and zero where they say nothing."""
        if self._rows == self._room:
            self._grow()
        row = self._rows
        for name, column in self._columns.items():
            column[row] = values.get(name, 0)
        self._rows += 1
        self._view = None
        return row

    def remove(self, row: int) -> int:
        """Remove the row; return the number of the one that is in its place now: the last."""
        last = self._rows - 1
        if row != last:
            for column in self._columns.values():
                column[row] = column[last]
        self._rows = last
        self._view = None
        return last

    def _grow(self) -> None:
        self._room *= 2
        for name, column in self._columns.items():
            wider = np.zeros(self._room, dtype=column.dtype)
            wider[: self._rows] = column
            self._columns[name] = wider
