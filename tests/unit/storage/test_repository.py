"""What lists aggregates again and again is composed once, and finds what `list` finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, String, Table, Text, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError

from muster.storage.quick import QuickResult
from muster.storage.repository import Repository
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from tests.events import SOMEBODY
from tests.stores import memory_store

metadata = service_metadata()
boats = Table(
    "boats",
    metadata,
    Column("boat_id", String(40), primary_key=True),
    Column("harbour", String(40)),
    Column("seats", Integer),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)


@dataclass(frozen=True)
class Boat:
    """Something with a number, a place, and a size."""

    boat_id: str
    harbour: str
    seats: int
    version: int = 1


BOATS: Repository[Boat] = Repository(
    boats, Boat, "boat", lambda b: {"boat_id": b.boat_id, "harbour": b.harbour, "seats": b.seats}
)
SMALL, LARGE, AWAY = Boat("boat_b", "Ranong", 4), Boat("boat_a", "Ranong", 9), Boat("boat_c", "", 7)


@pytest.fixture
def store() -> Store:
    """Return a store with three boats, two of them in one harbour."""
    store = memory_store("registry", metadata)
    with store.begin(SOMEBODY) as work:
        BOATS.add_all(work, [SMALL, LARGE, AWAY])
    return store


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    """Give a connection in a transaction."""
    with store.read() as connection:
        yield connection


def test_a_lister_finds_by_value_what_list_finds_by_condition(connection: Connection) -> None:
    """By id, and time and again, whatever the value."""
    in_harbour = BOATS.lister(boats.c.harbour)

    for harbour in ("Ranong", "", "nowhere", "Ranong"):
        found = in_harbour(connection, harbour)
        assert found == BOATS.list(connection, boats.c.harbour == harbour)
    assert in_harbour(connection, "Ranong") == [LARGE, SMALL]


def test_a_finder_takes_the_values_of_its_conditions_by_name(connection: Connection) -> None:
    """As many as it has; conditions without a name are constant."""
    roomy = BOATS.finder(
        boats.c.harbour == bindparam("harbour"),
        boats.c.seats >= bindparam("seats"),
        boats.c.version == 1,
    )

    assert roomy(connection, harbour="Ranong", seats=5) == [LARGE]
    assert roomy(connection, harbour="Ranong", seats=4) == [LARGE, SMALL]
    assert roomy(connection, harbour="", seats=8) == []


def test_a_finder_orders_by_id_unless_told_otherwise(connection: Connection) -> None:
    """As `list` does."""
    by_id = BOATS.finder(boats.c.seats > bindparam("seats"))
    by_seats = BOATS.finder(boats.c.seats > bindparam("seats"), order_by=boats.c.seats.desc())

    assert by_id(connection, seats=0) == [LARGE, SMALL, AWAY]
    assert by_seats(connection, seats=0) == [LARGE, AWAY, SMALL]


def test_a_finder_looks_for_any_number_of_values_at_once(connection: Connection) -> None:
    """None of them finds nothing."""
    some = BOATS.finder(boats.c.boat_id.in_(bindparam("ids", expanding=True)))

    for ids in (["boat_a", "boat_c"], ["boat_b"], []):
        assert [boat.boat_id for boat in some(connection, ids=ids)] == ids


def test_a_value_that_is_not_given_is_an_error(connection: Connection) -> None:
    """The first time, and when it was given before."""
    roomy = BOATS.finder(boats.c.seats >= bindparam("seats"))

    for _ in range(2):
        with pytest.raises(StatementError, match="seats"):
            roomy(connection)
        assert roomy(connection, seats=9) == [LARGE]


class Watched:
    """A connection that keeps what it executes."""

    def __init__(self, connection: Connection) -> None:
        self.executed: list[Any] = []
        self.quick: list[bool] = []
        self._connection = connection

    def execute(self, statement: object, values: object) -> object:
        """Execute a statement and keep it."""
        found = self._connection.execute(statement, values)  # type: ignore[call-overload]
        self.executed.append(statement)
        self.quick.append(isinstance(found, QuickResult))
        return found


def test_the_query_is_composed_once(connection: Connection) -> None:
    """So that it is run quickly from the second time on."""
    in_harbour = BOATS.lister(boats.c.harbour)
    roomy = BOATS.finder(boats.c.seats > bindparam("seats"))
    asks: list[Callable[[Any], object]] = [
        lambda watched: in_harbour(watched, "Ranong"),
        lambda watched: roomy(watched, seats=1),
    ]
    for ask in asks:
        watched = Watched(connection)
        for _ in range(3):
            ask(watched)
        assert len({id(statement) for statement in watched.executed}) == 1
        assert watched.quick == [False, True, True]


@pytest.mark.parametrize("lock", [True, False])
def test_a_finder_locks_what_it_finds_if_it_is_to(connection: Connection, lock: bool) -> None:
    """Where the database knows locks of rows."""
    watched = Watched(connection)
    BOATS.finder(boats.c.seats > bindparam("seats"), lock=lock)(watched, seats=1)

    [statement] = watched.executed
    text = str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert text.endswith("FOR UPDATE") is lock
