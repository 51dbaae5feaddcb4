"""Quick connections find what SQLAlchemy's own find, and fail as they do."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, NoResultFound, StatementError

from muster.storage.columns import UtcDateTime
from muster.storage.engine import open_engine
from muster.storage.quick import QuickResult

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String(20), nullable=False, unique=True),
    Column("at", UtcDateTime),
    Column("good", Boolean),
    Column("document", Text),
)

ADD = insert(things)
FIND = select(things).where(things.c.name == bindparam("called"))
FIND_SOME = (
    select(things.c.name)
    .where(things.c.name.in_(bindparam("names", expanding=True)), things.c.good.is_(True))
    .order_by(things.c.name)
)
RENAME = update(things).where(things.c.name == bindparam("old")).values(name=bindparam("new"))


def row(name: str) -> dict[str, object]:
    """Return what to insert."""
    return {"name": name, "at": NOW, "good": True, "document": name.upper()}


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Give an engine with the table, where each statement was run once before."""
    engine = open_engine("sqlite://")
    with engine.connect() as connection, connection.begin():
        metadata.create_all(connection)
        for statement, values in (
            (ADD, row("first")),
            (FIND, {"called": "first"}),
            (FIND_SOME, {"names": ["first"]}),
            (RENAME, {"old": "first", "new": "first"}),
        ):
            connection.execute(statement, values)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction."""
    with engine.connect() as connection, connection.begin():
        yield connection


def test_a_statement_that_comes_again_is_run_quickly(connection: Connection) -> None:
    """From the second time on there is a plan."""
    assert isinstance(connection.execute(FIND, {"called": "first"}), QuickResult)


def test_rows_have_names_and_the_values_that_were_kept(connection: Connection) -> None:
    """Values are converted by the columns' types, in both directions."""
    found = connection.execute(FIND, {"called": "first"}).one()
    assert (found.number, found.name, found.at, found.good) == (1, "first", NOW, True)
    assert found._mapping["document"] == "FIRST"


def test_an_insert_tells_the_key_it_was_given(connection: Connection) -> None:
    """As SQLAlchemy does for a key that the database counts up."""
    assert connection.execute(ADD, row("second")).inserted_primary_key == (2,)


def test_many_rows_are_inserted_at_once(connection: Connection) -> None:
    """A list of rows is one call of the driver, quick from its second time."""
    for names in (["a", "b"], ["c", "d"]):
        connection.execute(ADD, [row(name) for name in names])
    found = connection.execute(FIND_SOME, {"names": ["a", "b", "c", "d", "e"]})
    assert found.scalars().all() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("names", [[], ["first"], ["first", "none"], ["none"]])
def test_lists_may_have_any_length(connection: Connection, names: list[str]) -> None:
    """An empty one finds nothing."""
    expected = [name for name in names if name == "first"]
    assert connection.execute(FIND_SOME, {"names": names}).scalars().all() == expected


def test_a_statement_made_of_another_is_another(connection: Connection) -> None:
    """It does not inherit the plan of the one it was made of."""
    narrower = FIND.where(things.c.good.is_(False))
    for _ in range(3):
        assert connection.execute(narrower, {"called": "first"}).all() == []


def test_a_constant_within_a_statement_is_kept(connection: Connection) -> None:
    """Values that are part of the statement are bound every time."""
    statement = select(things.c.name).where(things.c.number == 1)
    for _ in range(3):
        assert connection.execute(statement).scalar() == "first"


def test_an_update_tells_how_many_rows_it_met(connection: Connection) -> None:
    """A stale write is known by it."""
    assert connection.execute(RENAME, {"old": "none", "new": "x"}).rowcount == 0
    assert connection.execute(RENAME, {"old": "first", "new": "x"}).rowcount == 1


def test_what_the_database_refuses_is_told_as_ever_without_values(connection: Connection) -> None:
    """The error has SQLAlchemy's type and does not name the parameters."""
    connection.execute(ADD, row("twin"))
    with pytest.raises(IntegrityError) as refusal:
        connection.execute(ADD, row("twin"))
    assert "TWIN" not in str(refusal.value)


def test_a_value_that_cannot_be_kept_is_refused_as_ever(connection: Connection) -> None:
    """A time without an offset, here."""
    with pytest.raises(StatementError, match="offset"):
        connection.execute(ADD, row("naive") | {"at": datetime(2026, 1, 1)})


def test_where_one_row_was_expected_none_is_an_error(connection: Connection) -> None:
    """As SQLAlchemy's result says it."""
    with pytest.raises(NoResultFound):
        connection.execute(FIND, {"called": "nobody"}).one()


def test_statements_are_shown_to_whoever_listens(engine: Engine) -> None:
    """Then SQLAlchemy executes them all."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    with engine.connect() as connection, connection.begin():
        connection.execute(FIND, {"called": "first"})
    assert [each for each in seen if each.startswith("SELECT")]


def test_text_and_functions_are_executed_as_ever(connection: Connection) -> None:
    """What is not composed of tables has no plan."""
    counted = select(func.count()).select_from(things)
    asked = text("SELECT name FROM things WHERE number = :number")
    for _ in range(3):
        assert connection.execute(counted).scalar_one() == 1
        assert connection.execute(asked, {"number": 1}).scalar() == "first"
