"""The shortcut to the database finds what SQLAlchemy finds, of what either has written."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy import StaticPool, create_engine

from tests.simulation.climate import MILD
from tests.simulation.journey import live_through
from tests.simulation.thin_sql import ThinConnection

SEEDS = range(3)


def test_every_question_of_a_story_has_the_same_answer_by_sqlalchemy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked of a copy at the same moment; the answers depend on all that was written before."""
    execute = ThinConnection.execute
    told_before = [live_through(seed, MILD) for seed in SEEDS]
    compared: set[str] = set()
    differing: set[str] = set()

    def compare(self: ThinConnection, statement: Any, parameters: Any = None, **more: Any) -> Any:
        found = execute(self, statement, parameters, **more)
        if isinstance(parameters, list):
            return found
        plan, _ = self._engine.plan(statement, parameters or {}, many=False)
        if plan.written:
            return found
        answer = _by_sqlalchemy(self._engine.database, statement, parameters)
        same = answer == [tuple(row) for row in found.all()]
        (compared if same else differing).add(plan.sql)
        return found

    monkeypatch.setattr(ThinConnection, "execute", compare)

    assert [live_through(seed, MILD) for seed in SEEDS] == told_before
    assert not differing
    assert len(compared) > 30


def _by_sqlalchemy(
    database: sqlite3.Connection, statement: Any, parameters: Any
) -> list[tuple[Any, ...]]:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    copy.deserialize(database.serialize())
    engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(statement, parameters or {})]
    copy.close()
    return found
