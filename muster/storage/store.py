"""A service's store: opens units of work and reads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from muster.clock import Clock
from muster.context import Context
from muster.contracts.vocabulary.errors import TransientError
from muster.contracts.vocabulary.identifiers import Ids
from muster.observability.metrics import TRANSITIONS
from muster.storage.engine import READ_ONLY
from muster.storage.one_go import in_one_go, was_refused
from muster.storage.unit_of_work import UnitOfWork

T = TypeVar("T")

ATTEMPTS = 4  # a deadlock's victim, or a unit that met a lock, is run this often
AGAIN_WITHIN_SECONDS = 5.0  # but not once it has taken so long: somebody waits for an answer
TURN_SECONDS = 15.0


class StoreUnavailable(TransientError):
    """The database cannot be reached, is locked, or broke off; the transaction left nothing."""


class OutcomeUnknown(StoreUnavailable):
    """The database broke off in the commit: everything was kept, or nothing; nobody can tell."""


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
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def begin(self, context: Context) -> Iterator[UnitOfWork]:
        """Open a unit of work; commit at the end, or roll everything back on an exception.

        Raises StoreUnavailable if the database fails; then nothing was kept, except that after
        OutcomeUnknown it may have been.
        """
        with (
            self._taken_turn(),
            as_unavailable(),
            self.engine.connect() as connection,
            connection.begin() as transaction,
        ):
            work = UnitOfWork(connection, self.metadata, context, self.clock.now(), self.ids)
            yield work
            with in_one_go(connection):
                work.flush()
                with _in_doubt():
                    transaction.commit()
        for transition in work.transitions:
            TRANSITIONS.labels(self.service, transition.thing, transition.after).inc()

    def transact(self, context: Context, command: Callable[[UnitOfWork], T]) -> T:
        """Run a command in a unit of work; run it again after a deadlock or a stale write.

        Never after OutcomeUnknown: what may have been done once must not be done twice.
        """
        begun = time.monotonic()
        for _ in range(ATTEMPTS - 1):
            try:
                with self.begin(context) as work:
                    return command(work)
            except OutcomeUnknown:
                raise
            except TransientError:
                if time.monotonic() - begun > AGAIN_WITHIN_SECONDS:
                    raise
        with self.begin(context) as work:
            return command(work)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a consistent view of the data that will not write."""
        with as_unavailable(), self.engine.connect() as plain:
            connection = plain.execution_options(**{READ_ONLY: True})
            with connection.begin():
                yield connection

    @contextmanager
    def _taken_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise StoreUnavailable("the database is busy: others have kept it locked for too long")
        try:
            yield
        finally:
            self._turn.release()


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Turn the failures of a database, but not those of a statement, into StoreUnavailable."""
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(f"the database failed: {error.orig}") from error
    except NoConnectionFree as error:
        raise StoreUnavailable("all connections to the database are in use") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(f"the database broke off: {error.orig}") from error
        raise


@contextmanager
def _in_doubt() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if was_refused(error):
            raise
        raise OutcomeUnknown(f"the database broke off in the commit: {error.orig}") from error
