"""Aggregates as rows: columns to find them by, and one JSON document that is the aggregate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.vocabulary.errors import NotFound, TransientError
from muster.storage.bulk import add_rows
from muster.storage.unit_of_work import UnitOfWork


class Versioned(Protocol):
    """An aggregate counts its changes."""

    @property
    def version(self) -> int:
        """Return how often it was changed, from 1."""
        ...


T = TypeVar("T", bound=Versioned)


class StaleWrite(TransientError):
    """Somebody else changed it first; load it again and decide anew."""


class Repository(Generic[T]):
    """Loads and saves one kind of aggregate.

    The table has a string primary key, ``version`` and ``document`` (text), and the columns that
    `columns` fills from the aggregate; the key is among them.
    """

    def __init__(
        self,
        table: Table,
        aggregate: type[T],
        thing: str,
        columns: Callable[[T], Mapping[str, Any]],
    ) -> None:
        self._table = table
        self._key = next(iter(table.primary_key.columns))
        self._thing = thing
        self._columns = columns
        self._adapter: TypeAdapter[T] = TypeAdapter(aggregate)
        # Built once: composing a statement costs more than running it on a small table.
        self._find = select(table.c.document).where(self._key == bindparam("identifier"))
        self._find_locked = self._find.with_for_update()
        self._insert = insert(table)
        self._update = (
            update(table)
            .where(self._key == bindparam("identifier"), table.c.version == bindparam("expected"))
            .values({c.name: bindparam(f"new_{c.name}") for c in table.c if c is not self._key})
        )

    def find(self, connection: Connection, identifier: str, *, lock: bool = False) -> T | None:
        """Return the aggregate, or None; `lock` keeps others from changing it until commit."""
        if "\x00" in identifier:  # no id of ours; SQLite would find nothing, PostgreSQL fails
            return None
        query = self._find_locked if lock else self._find
        document = connection.execute(query, {"identifier": identifier}).scalar()
        return None if document is None else self._adapter.validate_json(document)

    def get(self, connection: Connection, identifier: str, *, lock: bool = False) -> T:
        """Return the aggregate; raise NotFound."""
        found = self.find(connection, identifier, lock=lock)
        if found is None:
            raise NotFound(self._thing, identifier)
        return found

    def list(
        self,
        connection: Connection,
        *where: ColumnElement[bool],
        order_by: ColumnElement[Any] | None = None,
        limit: int | None = None,
        lock: bool = False,
    ) -> list[T]:
        """Return the aggregates that fulfil all conditions, by id unless told otherwise."""
        query = select(self._table.c.document).where(*where)
        query = query.order_by(self._key if order_by is None else order_by).limit(limit)
        rows = connection.execute(query.with_for_update() if lock else query).scalars()
        return [self._adapter.validate_json(document) for document in rows]

    def lister(self, column: ColumnElement[Any]) -> Callable[[Connection, Any], Sequence[T]]:
        """Return what lists, by id, the aggregates with a given value in this column.

        To be kept and used again: unlike the conditions of `list`, it is composed once.
        """
        query = select(self._table.c.document).where(column == bindparam("value"))
        query = query.order_by(self._key)

        def find(connection: Connection, value: Any) -> Sequence[T]:
            rows = connection.execute(query, {"value": value}).scalars()
            return [self._adapter.validate_json(document) for document in rows]

        return find

    def finder(
        self,
        *where: ColumnElement[bool],
        order_by: ColumnElement[Any] | None = None,
        lock: bool = False,
    ) -> Callable[..., Sequence[T]]:
        """Return what lists aggregates as `list` does, by conditions that name their values.

        To be kept and used again, with the values by name: so the query is composed once.
        """
        query = select(self._table.c.document).where(*where)
        query = query.order_by(self._key if order_by is None else order_by)
        query = query.with_for_update() if lock else query

        def find(connection: Connection, **values: Any) -> Sequence[T]:
            rows = connection.execute(query, values).scalars()
            return [self._adapter.validate_json(document) for document in rows]

        return find

    def add(self, work: UnitOfWork, aggregate: T) -> None:
        """Insert a new aggregate."""
        work.connection.execute(self._insert, self._row(aggregate))

    def add_unless_there(self, work: UnitOfWork, aggregate: T) -> bool:
        """Insert a new aggregate, unless a unique index has its like; tell whether it was.

        Waits for whoever is inserting its like at the same time.
        """
        postgres = work.connection.dialect.name == "postgresql"
        statement = (postgresql if postgres else sqlite).insert(self._table)
        insert_new = statement.on_conflict_do_nothing().returning(self._key)
        return work.connection.execute(insert_new, self._row(aggregate)).scalar() is not None

    def add_all(self, work: UnitOfWork, aggregates: Iterable[T]) -> None:
        """Insert many new aggregates at once."""
        if rows := [self._row(aggregate) for aggregate in aggregates]:
            add_rows(work.connection, self._table, rows)

    def save(self, work: UnitOfWork, aggregate: T) -> None:
        """Write a changed aggregate whose version is one above the stored one.

        Raises StaleWrite if it is not, so that no change is lost.
        """
        row = self._row(aggregate)
        identifier = row.pop(self._key.name)
        done = work.connection.execute(
            self._update,
            {
                "identifier": identifier,
                "expected": aggregate.version - 1,
                **{f"new_{name}": value for name, value in row.items()},
            },
        )
        if done.rowcount != 1:
            raise StaleWrite(f"{self._thing} {identifier} was changed by somebody else.")

    def _row(self, aggregate: T) -> dict[str, Any]:
        return {
            **self._columns(aggregate),
            "version": aggregate.version,
            "document": self._adapter.dump_json(aggregate).decode(),
        }
