"""Adding many rows at once, the quickest way the store knows."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, Dialect, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

FEW = 3  # rows that are better sent one by one


def add_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_there: bool = False,
) -> None:
    """Insert rows that all name the same columns, in their order; none does nothing.

    `unless_there` skips those whose unique key is already there; otherwise they are an error.
    PostgreSQL gets them as one statement over an array for each column: it runs once instead of
    once for each row, and costs a third on either side.
    """
    if connection.dialect.name != "postgresql" or len(rows) <= FEW:
        if rows:
            statement = _insert(table, connection.dialect.name, unless_there=unless_there)
            connection.execute(statement, [dict(row) for row in rows])
        return
    names = tuple(rows[0])
    sql, converters = _over_arrays(table, names, connection.dialect)
    arrays = [
        [row[name] for row in rows] if convert is None else [convert(row[name]) for row in rows]
        for name, convert in zip(names, converters, strict=True)
    ]
    if unless_there:
        sql += " ON CONFLICT DO NOTHING"
    connection.exec_driver_sql(sql, tuple(arrays))


# Composed once for each table: that costs more than running them.
@cache
def _insert(table: Table, dialect: str, *, unless_there: bool) -> Insert:
    # Inline: nobody asks which keys the database gave.
    statement: Insert = (postgresql if dialect == "postgresql" else sqlite).insert(table).inline()
    if unless_there:
        statement = statement.on_conflict_do_nothing()  # type: ignore[attr-defined]
    return statement


@cache
def _over_arrays(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[Callable[[Any], Any] | None]]:
    quote = dialect.identifier_preparer.quote
    types = [table.c[name].type for name in names]
    # A cast to varchar(64) cuts what is longer; without the length PostgreSQL refuses it.
    plain = (re.sub(r"\(\d+\)", "", each.compile(dialect)) for each in types)
    arrays = ", ".join(f"%b::{each}[]" for each in plain)
    columns = ", ".join(map(quote, names))
    statement = f"INSERT INTO {quote(table.name)} ({columns}) SELECT * FROM unnest({arrays})"  # noqa: S608
    return statement, [_converter(each, dialect) for each in types]


def _converter(of: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    # The driver writes a document, but not an array of them: it goes as text, and is cast.
    return _as_json if isinstance(of, JSON) else of.bind_processor(dialect)


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()
