"""A service's store: opens units of work and reads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from sqlite3 import SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_LOCKED, SQLITE_NOTADB
from typing import TypeVar

from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from muster.clock import Clock
from muster.context import Context
from muster.contracts.vocabulary.errors import TransientError
from muster.contracts.vocabulary.identifiers import Ids
from muster.observability.metrics import DATABASE_UP, TRANSACTION_SECONDS, TRANSITIONS
from muster.storage.engine import READ_ONLY
from muster.storage.one_go import in_one_go, was_refused
from muster.storage.unit_of_work import UnitOfWork

T = TypeVar("T")

ATTEMPTS = 4  # a deadlock's victim, or a unit that met a lock, is run this often
AGAIN_WITHIN_SECONDS = 5.0  # but not once it has taken so long: somebody waits for an answer
TURN_SECONDS = 15.0

# PostgreSQL's states of a deadlock's victim, a lock not had, a statement that took too long.
_IN_THE_WAY = ("40", "55", "57014")
# Of one that only reads, of rights, tables and columns that are not there (yet), of corruption.
_UNUSABLE = ("25006", "42501", "42P01", "42703", "58", "XX")


class StoreUnavailable(TransientError):
    """The database cannot be reached, is locked, or broke off; the transaction left nothing."""


class StoreBusy(StoreUnavailable):
    """The database is there, but others, a deadlock or a limit of time stood in the way."""


class TooMuch(StoreBusy):
    """The transaction asks for more than the database grants, in time or in size; others may go
    well."""


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
        self._up = DATABASE_UP.labels(service)

    @contextmanager
    def begin(self, context: Context) -> Iterator[UnitOfWork]:
        """Open a unit of work; commit at the end, or roll everything back on an exception.

        Raises StoreUnavailable if the database fails; then nothing was kept, except that after
        OutcomeUnknown it may have been.
        """
        with (
            self._timed(),
            self._reaching(),
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
        work.show_counts()

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
        with self._reaching(), as_unavailable(), self.engine.connect() as plain:
            connection = plain.execution_options(**{READ_ONLY: True})
            with connection.begin():
                yield connection

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Measure a transaction, however it ends."""
        started = time.perf_counter()
        outcome = "rolled_back"
        try:
            yield
            outcome = "committed"
        except OutcomeUnknown:
            outcome = "unknown"
            raise
        except StoreUnavailable:
            outcome = "failed"
            raise
        finally:
            seconds = time.perf_counter() - started
            TRANSACTION_SECONDS.labels(self.service, outcome).observe(seconds)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Show whether the database could be reached."""
        try:
            yield
        except StoreBusy:
            self._up.set(1)
            raise
        except StoreUnavailable:
            self._up.set(0)
            raise
        except Exception:
            self._up.set(1)
            raise
        self._up.set(1)

    @contextmanager
    def _taken_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise StoreBusy("the database is busy: others have kept it locked for too long")
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
        kind = (
            TooMuch if _is_too_much(error) else StoreBusy if _is_there(error) else StoreUnavailable
        )
        raise kind(f"the database failed: {error.orig}") from error
    except NoConnectionFree as error:
        raise StoreBusy("all connections to the database are in use") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(f"the database broke off: {error.orig}") from error
        if _is_unusable(error):
            raise StoreUnavailable(f"the database is not as it should be: {error.orig}") from error
        raise


def _kind(error: OperationalError) -> type[StoreUnavailable]:
    if _is_too_much(error):
        return TooMuch
    return StoreBusy if _is_there(error) else StoreUnavailable


def _is_there(error: OperationalError) -> bool:
    """Tell whether the database said itself that others, or a limit, stood in the way."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in (SQLITE_BUSY, SQLITE_LOCKED)
    state = getattr(error.orig, "sqlstate", None) or ""
    return not error.connection_invalidated and state.startswith(_IN_THE_WAY)


def _is_too_much(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    # 57014 is a statement that took too long, 25P03 a transaction that did; class 54 are limits.
    return state in ("57014", "25P03") or state.startswith("54")


def _is_unusable(error: DBAPIError) -> bool:
    """Tell whether the database is there, but no statement of ours could succeed in it now."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in (SQLITE_CORRUPT, SQLITE_NOTADB)
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith(_UNUSABLE)


@contextmanager
def _in_doubt() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if was_refused(error):
            raise
        raise OutcomeUnknown(f"the database broke off in the commit: {error.orig}") from error
