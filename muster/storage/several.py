"""Values that a query found, as SQLAlchemy's results hand them out."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.exc import MultipleResultsFound, NoResultFound


class Several:
    """One value for each row."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def all(self) -> list[Any]:
        """Return all."""
        return self._values

    def first(self) -> Any:
        """Return the first, or None."""
        return self._values[0] if self._values else None

    def one_or_none(self) -> Any:
        """Return the only one, or None; raise MultipleResultsFound."""
        at_most_one(self._values)
        return self.first()

    def one(self) -> Any:
        """Return the only one; raise NoResultFound or MultipleResultsFound."""
        at_least_one(self._values)
        return self.one_or_none()


def at_most_one(found: Sequence[Any]) -> None:
    """Raise MultipleResultsFound for more than one row."""
    if len(found) > 1:
        raise MultipleResultsFound("one row at most was expected")


def at_least_one(found: Sequence[Any]) -> None:
    """Raise NoResultFound for no row."""
    if not found:
        raise NoResultFound("a row was expected")
