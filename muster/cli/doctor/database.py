"""Asks a service's database, with that service's login, and cannot change it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from muster.cli.doctor.patient import DatabaseUnusable

_ALL_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
_MAY = text("SELECT has_table_privilege(to_regclass(quote_ident(:table)), :right)")
_OWNS = text(
    "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class "
    "WHERE oid = to_regclass(quote_ident(:table))"
)
_MAY_ENTER = text(
    "SELECT has_database_privilege(oid, 'CONNECT') FROM pg_database WHERE datname = :name"
)
_READ_ONLY: dict[str, Any] = {
    "connect_timeout": 5,
    "options": "-c default_transaction_read_only=on -c statement_timeout=5000",
}


class SqlDatabase:
    """One service's database, over a connection that may read only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.kind = connection.dialect.name

    def revision(self) -> str | None:
        """Return which migration was the last; None if there was none."""
        if "alembic_version" not in self.tables():
            return None
        found = self._connection.scalar(text("SELECT version_num FROM alembic_version"))
        return None if found is None else str(found)

    def now(self) -> datetime | None:
        """Return the time there; None for SQLite, whose clock is this machine's."""
        if self.kind == "sqlite":
            return None
        found: datetime | None = self._connection.scalar(text("SELECT clock_timestamp()"))
        return found

    def rights(self, table: str) -> frozenset[str]:
        """Return what this login may do with a table; everything, with SQLite."""
        if self.kind == "sqlite":
            return frozenset(_ALL_RIGHTS)
        return frozenset(
            right
            for right in _ALL_RIGHTS
            if self._connection.scalar(_MAY, {"table": table, "right": right})
        )

    def owns(self, table: str) -> bool:
        """Tell whether this login owns a table."""
        return self.kind == "sqlite" or bool(self._connection.scalar(_OWNS, {"table": table}))

    def may_enter(self, database: str) -> bool:
        """Tell whether this login may connect to another database of this server."""
        return bool(self._connection.scalar(_MAY_ENTER, {"name": database}))

    def tables(self) -> frozenset[str]:
        """Return the names of the tables there are."""
        return frozenset(inspect(self._connection).get_table_names())


@contextmanager
def database_at(url: str) -> Iterator[SqlDatabase]:
    """Connect to ask; raise DatabaseUnusable. A database that is not there is not made."""
    try:
        engine = _read_only_engine(make_url(url))
        connection = engine.connect()
        found = SqlDatabase(connection)
        found.tables()
    except (SQLAlchemyError, ArgumentError) as error:
        # The rest would be the statement, and a link to SQLAlchemy's pages.
        raise DatabaseUnusable(str(error).splitlines()[0]) from error
    try:
        yield found
    finally:
        connection.close()
        engine.dispose()


def _read_only_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, connect_args=_READ_ONLY, hide_parameters=True)
    file = Path(url.database or "")
    if not file.is_file():
        raise DatabaseUnusable(f"there is no file {file}")
    where = f"sqlite:///file:{quote(str(file.resolve()))}?mode=ro&uri=true"
    return create_engine(where, hide_parameters=True)
