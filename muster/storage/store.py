"""A service's store: opens units of work and reads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError, OperationalError

from muster.clock import Clock
from muster.context import Context
from muster.contracts.vocabulary.errors import TransientError
from muster.contracts.vocabulary.identifiers import Ids
from muster.observability.metrics import TRANSITIONS
from muster.storage.engine import READ_ONLY
from muster.storage.unit_of_work import UnitOfWork

T = TypeVar("T")

ATTEMPTS = 4  # a deadlock's victim, or a unit that met a lock, is run again this often


class StoreUnavailable(TransientError):
    """The database cannot be reached, is locked, or broke off; the transaction left nothing."""


class Store:
    """One service's database. Safe to share between threads."""

    def __init__(
        self, service: str, engine: Engine, metadata: MetaData, clock: Clock, ids: Ids
    ) -> None:
        self.service = service
        self.engine = engine
        self.metadata = metadata
        self.clock = clock
        self.ids = ids
        # SQLite has one writer; threads of this process queue here instead of polling its lock.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @contextmanager
    def begin(self, context: Context) -> Iterator[UnitOfWork]:
        """Open a unit of work; commit at the end, or roll everything back on an exception.

        Raises StoreUnavailable if the database fails; then nothing was kept.
        """
        with self._turn, _as_unavailable(), self.engine.begin() as connection:
            work = UnitOfWork(connection, self.metadata, context, self.clock.now(), self.ids)
            yield work
            work.flush()
        for transition in work.transitions:
            TRANSITIONS.labels(self.service, transition.thing, transition.after).inc()

    def transact(self, context: Context, command: Callable[[UnitOfWork], T]) -> T:
        """Run a command in a unit of work; run it again after a deadlock or a stale write."""
        for _ in range(ATTEMPTS - 1):
            try:
                with self.begin(context) as work:
                    return command(work)
            except TransientError:
                continue
        with self.begin(context) as work:
            return command(work)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a consistent view of the data that will not write."""
        with _as_unavailable(), self.engine.connect() as plain:
            connection = plain.execution_options(**{READ_ONLY: True})
            with connection.begin():
                yield connection


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(f"the database failed: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(f"the database broke off: {error.orig}") from error
        raise
