"""Sending the last statements of a transaction and its commit in one go.

PostgreSQL answers each statement, and whoever waits for each answer pays two switches between
processes for it: more than a small statement costs. Nobody needs the answers to what a unit of work
writes last.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from psycopg import Connection as PostgresConnection
from psycopg import Error
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def in_one_go(connection: Connection) -> Iterator[None]:
    """Let statements be sent without waiting for their answers until the commit.

    What a statement fails with is raised by the commit, which then has not taken place: see
    `was_refused`. SQLite has nobody to wait for.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver = cast(PostgresConnection[Any], connection.connection.driver_connection)
    try:
        with driver.pipeline():
            yield
    except BaseException:
        with suppress(Error):  # a connection that broke has nothing to take back
            driver.rollback()  # a commit that was refused leaves SQLAlchemy with nothing to do
        raise


def was_refused(error: DBAPIError) -> bool:
    """Tell whether the database itself refused, so that nothing was kept for certain."""
    return not error.connection_invalidated and getattr(error.orig, "sqlstate", None) is not None
