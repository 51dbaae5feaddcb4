"""Engines for the two stores: SQLite (WAL, immediate transactions) and PostgreSQL."""

import select
from sqlite3 import Connection as SqliteConnection
from typing import Any

from psycopg import Connection as PostgresConnection
from sqlalchemy import Engine, StaticPool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError

from muster.storage.quick import QuickConnection, make_quick

# Left to itself, TCP takes a quarter of an hour to find that the other end is gone.
_NOTICE_A_SILENT_SERVER = {
    "tcp_user_timeout": 20_000,  # milliseconds
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

READ_ONLY = "muster_read_only"  # execution option of a connection that will not write


def open_engine(url: str) -> Engine:
    """Return an engine for ``sqlite:///path``, ``sqlite://`` (in memory) or ``postgresql+psycopg://``.

    A commit is on disk when it returns. Raises ValueError for any other kind of store. Its errors
    name the statement but not its parameters: they end up in logs and dead letters, where neither
    principals nor secrets belong.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        in_memory = parsed.database in (None, "", ":memory:")
        return _open_sqlite(url, in_memory=in_memory)
    if backend == "postgresql":
        engine = create_engine(
            url,
            hide_parameters=True,
            # Whoever finds all in use waits. More that are opened for a moment and closed again
            # cost PostgreSQL three times what all statements do: each is a process and a login.
            pool_size=10,
            max_overflow=0,
            pool_timeout=10,
            pool_use_lifo=True,
            connect_args={
                "connect_timeout": 5,
                **_NOTICE_A_SILENT_SERVER,
                "options": "-c statement_timeout=15000 "
                "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC",
            },
        )
        make_quick(engine)
        event.listen(engine, "checkout", _refuse_ended_session)
        return engine
    raise ValueError(
        f"{backend!r} is not a store Muster knows; use sqlite:///path or postgresql+psycopg://…"
    )


def _refuse_ended_session(
    connection: PostgresConnection[Any], _record: object, _proxy: object
) -> None:
    """Let the pool connect anew if PostgreSQL has ended the sessions it keeps.

    An idle session hears nothing but its end. To look whether there is something to read costs a
    microsecond; to ask PostgreSQL costs as much as a statement, at every transaction.
    """
    if connection.closed or _something_to_read(connection.fileno()):
        raise InvalidatePoolError


def _something_to_read(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _open_sqlite(url: str, *, in_memory: bool) -> Engine:
    options: dict[str, Any] = {
        "connect_args": {"check_same_thread": False, "timeout": 15},
        "hide_parameters": True,
    }
    if in_memory:
        options["poolclass"] = StaticPool
    engine = create_engine(url, **options)
    make_quick(engine)

    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 15000")
        if not in_memory:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")  # answered 2xx survives a power cut
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: QuickConnection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.run_text("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
