"""A right that one process at a time holds on a store, such as to relay its outbox."""

import fcntl
from pathlib import Path
from typing import IO
from zlib import crc32

from sqlalchemy import Connection, Engine, text

from muster.contracts.vocabulary.errors import TransientError
from muster.storage.store import as_unavailable


class ExclusiveRight:
    """Held through an advisory lock on PostgreSQL, a locked file beside an SQLite database.

    Both fall to the next process when the holder dies, however it dies.
    """

    def __init__(self, engine: Engine, purpose: str) -> None:
        self._engine = engine
        self._purpose = purpose
        self._session: Connection | None = None
        self._file: IO[bytes] | None = None

    def held(self) -> bool:
        """Take the right if it is free; tell whether this process has it now.

        Raises StoreUnavailable if the database cannot tell.
        """
        if self._engine.dialect.name == "postgresql":
            return self._held_on_postgresql()
        database = self._engine.url.database
        return True if database in (None, "", ":memory:") else self._held_on_file(Path(database))

    def release(self) -> None:
        """Give the right back; idempotent."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _held_on_file(self, database: Path) -> bool:
        if self._file is not None:
            return True
        candidate = database.with_name(f"{database.name}.{self._purpose}.lock").open("wb")
        try:
            fcntl.flock(candidate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            candidate.close()
            return False
        self._file = candidate
        return True

    def _held_on_postgresql(self) -> bool:
        try:
            with as_unavailable():
                if self._session is None:
                    return self._taken_on_postgresql()
                # The lock lives as long as the session.
                self._session.exec_driver_sql("SELECT 1")
        except TransientError:
            self.release()
            raise
        return True

    def _taken_on_postgresql(self) -> bool:
        session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        key = crc32(self._purpose.encode())
        try:
            if session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
                session.detach()  # so that closing ends the session, and with it the lock
                self._session = session
        finally:
            if self._session is None:
                session.close()
        return self._session is not None
