"""Spans of time beyond the first that a row has: few, and all looked at together."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from services.matching.engine.index.columns import Columns
from services.matching.engine.index.instants import Span


class Spans:
    """Which rows have which further spans."""

    def __init__(self) -> None:
        self._columns = Columns()
        for name, kind in (("row", np.int32), ("since", np.int64), ("until", np.int64)):
            self._columns.add(name, kind)

    @property
    def nbytes(self) -> int:
        """Return how much memory they take."""
        return self._columns.nbytes

    def add(self, row: int, spans: Sequence[Span]) -> None:
        """Add spans to what the row has."""
        for since, until in spans:
            self._columns.append({"row": row, "since": since, "until": until})

    def drop(self, row: int) -> None:
        """Remove all that the row has."""
        owned = np.flatnonzero(self._columns.view["row"] == row) if len(self._columns) else ()
        for at in reversed(owned):  # from the end, so that what moves into a gap is not lost
            self._columns.remove(int(at))

    def listed(self) -> Iterator[tuple[int, int, int]]:
        """Yield every span with its row before it."""
        view = self._columns.view
        yield from zip(*(view[each].tolist() for each in ("row", "since", "until")), strict=True)

    def move(self, before: int, after: int) -> None:
        """Give what one row has to another."""
        if len(self._columns):
            rows = self._columns.view["row"]
            rows[rows == before] = after

    def holding(self, window: Span, rows: int) -> NDArray[np.bool_] | None:
        """Return for each of so many rows whether one of its spans holds the whole window.

        None means that no row has any.
        """
        if not len(self._columns):
            return None
        view = self._columns.view
        return _flags(
            view["row"], (view["since"] <= window[0]) & (view["until"] >= window[1]), rows
        )

    def touching(self, window: Span, rows: int) -> NDArray[np.bool_] | None:
        """Return for each of so many rows whether one of its spans shares an instant with it."""
        if not len(self._columns):
            return None
        view = self._columns.view
        return _flags(view["row"], (view["since"] < window[1]) & (view["until"] > window[0]), rows)


def _flags(
    owners: NDArray[np.int32], hits: NDArray[np.bool_], rows: int
) -> NDArray[np.bool_] | None:
    flags = np.zeros(rows, dtype=np.bool_)
    flags[owners[hits]] = True
    return flags
