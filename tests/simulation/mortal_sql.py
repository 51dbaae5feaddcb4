"""The database as a process sees it that may be killed, and whose transactions may fail."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from tests.simulation.faults import Faults
from tests.simulation.thin_sql import (
    Plan,
    ThinConnection,
    ThinEngine,
    ThinResult,
    Values,
    failure,
)

LONGEST_PREFIX = 6  # a transaction that fails in the middle does so at one of so many statements

BEGIN, MIDDLE, LOST, KEPT = (
    "database: no transaction",
    "database: failed in the middle",
    "database: commit broke off, nothing kept",
    "database: commit broke off, everything kept",
)


class MortalEngine:
    """Passes everything on to the real one, unless chance has it otherwise.

    `effects` collects what is to be noted once the transaction has been committed, and only then:
    `on_commit` gets it.
    """

    def __init__(
        self, engine: ThinEngine, faults: Faults, on_commit: Callable[[Sequence[Any]], None]
    ) -> None:
        self.url = engine.url
        self.dialect = engine.dialect
        self.database = engine.database
        self.effects: list[Any] = []
        self.plan = engine.plan
        self._engine = engine
        self._faults = faults
        self._on_commit = on_commit
        self._fate = ""
        self._statements_left = -1

    def connect(self) -> ThinConnection:
        """Return a connection."""
        return ThinConnection(self)

    def begin(self, *, read_only: bool) -> None:
        """Begin a transaction, which may have a bad end."""
        self.effects.clear()
        self._fate = ""
        self._statements_left = -1
        faults = self._faults
        if faults.climate.database:
            kinds = (BEGIN, MIDDLE) if read_only else (BEGIN, MIDDLE, LOST, KEPT)
            kind = faults.one_of(*kinds)
            if faults.strikes(kind, faults.climate.database):
                self._fate = kind
        if self._fate == BEGIN:
            self._fail("BEGIN")
        if self._fate == MIDDLE:
            self._statements_left = faults.some(LONGEST_PREFIX)
        self._engine.begin(read_only=read_only)
        self._read_only = read_only

    def run(self, plan: Plan, extracted: Sequence[Any], several: Sequence[Values]) -> ThinResult:
        """Run a statement."""
        if self._statements_left >= 0:
            self._statements_left -= 1
            if self._statements_left < 0:
                self._fail(plan.sql)
        return self._engine.run(plan, extracted, several)

    def commit(self) -> None:
        """Commit, if the process lives to it."""
        if self._read_only:
            self._engine.commit()
            return
        self._faults.may_kill("before commit")
        if self._fate == LOST:
            self._engine.roll_back()
            self._fail("COMMIT")
        self._engine.commit()
        if self.effects:
            self._on_commit(self.effects)
        if self._fate == KEPT:
            self._fail("COMMIT")
        self._faults.may_kill("after commit")

    def roll_back(self) -> None:
        """Roll back what was not committed."""
        self._engine.roll_back()

    def _fail(self, sql: str) -> None:
        raise failure(sql, sqlite3.OperationalError("the connection broke"))
