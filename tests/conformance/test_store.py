"""SQLite and PostgreSQL keep the same promises."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import JSON, Column, Connection, Integer, String, Table, Text, event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError

from muster.clock import RandomIds, SimulatedClock
from muster.contracts.vocabulary.errors import NotFound
from muster.storage import inbox, outbox, timers
from muster.storage.bulk import add_rows
from muster.storage.engine import open_engine
from muster.storage.exclusive import ExclusiveRight
from muster.storage.repository import Repository, StaleWrite
from muster.storage.retention import forget_old
from muster.storage.store import OutcomeUnknown, Store, StoreUnavailable, TooMuch
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork
from tests.events import SOMEBODY, an_event
from tests.stores import START
from tests.waiting import eventually


@dataclass(frozen=True)
class Counter:
    """An aggregate that counts."""

    counter_id: str
    version: int
    count: int


METADATA = service_metadata()
TABLE = Table(
    "counters",
    METADATA,
    Column("counter_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("document", Text, nullable=False),
)
ENTRIES = Table(
    "entries",
    METADATA,
    Column("entry", Integer, primary_key=True),
    Column("detail", JSON, nullable=False),
)
COUNTERS = Repository(
    TABLE, Counter, "counter", lambda c: {"counter_id": c.counter_id, "count": c.count}
)


@contextmanager
def commits_lost(store: Store) -> Iterator[None]:
    """Let every commit succeed, and the connection break before anybody learns of it."""

    def lose(connection: Connection) -> None:
        connection.connection.commit()
        raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    event.listen(store.engine, "commit", lose)
    yield
    event.remove(store.engine, "commit", lose)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty store of each kind in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/store.db"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.begin() as connection:
        METADATA.create_all(connection)
    yield Store("notify", engine, METADATA, SimulatedClock(START), RandomIds())
    engine.dispose()


def add_one(work: UnitOfWork) -> None:
    """Count one up, letting nobody in between."""
    counter = COUNTERS.get(work.connection, "a", lock=True)
    COUNTERS.save(work, replace(counter, version=counter.version + 1, count=counter.count + 1))


def start_counting(store: Store) -> None:
    """Put a counter at zero."""
    store.transact(SOMEBODY, lambda work: COUNTERS.add(work, Counter("a", 1, 0)))


def count(store: Store) -> int:
    """Return where the counter stands."""
    with store.read() as connection:
        return COUNTERS.get(connection, "a").count


def test_an_aggregate_comes_back_as_it_was_saved(store: Store) -> None:
    """Documents survive the round trip; what is not there is not found."""
    start_counting(store)
    store.transact(SOMEBODY, add_one)

    with store.read() as connection:
        assert COUNTERS.get(connection, "a") == Counter("a", 2, 1)
        assert COUNTERS.list(connection, TABLE.c.count > 0) == [Counter("a", 2, 1)]
        with pytest.raises(NotFound):
            COUNTERS.get(connection, "b")


def test_a_failed_unit_leaves_nothing(store: Store) -> None:
    """State and events go together or not at all."""
    start_counting(store)

    def fail(work: UnitOfWork) -> None:
        add_one(work)
        work.record(an_event())
        work.schedule("reminder", "a", work.now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.transact(SOMEBODY, fail)

    assert count(store) == 0
    with store.read() as connection:
        assert outbox.backlog(connection, METADATA).waiting == 0
        assert timers.next_due(connection, METADATA) is None


@pytest.mark.parametrize("count", [1, 5])
def test_documents_are_added_one_by_one_and_many_at_once(store: Store, count: int) -> None:
    """A column of JSON takes part, whichever way the rows go; what is not there stays nothing."""
    documents = [{"number": number, "none": None} for number in range(count)]

    with store.begin(SOMEBODY) as work:
        rows = [{"entry": number, "detail": each} for number, each in enumerate(documents)]
        add_rows(work.connection, ENTRIES, rows)

    with store.read() as connection:
        found = connection.execute(select(ENTRIES.c.detail).order_by(ENTRIES.c.entry))
        assert found.scalars().all() == documents


def test_what_is_postponed_is_written_once_and_last(store: Store) -> None:
    """So a row that everybody changes is kept from others only for the commit."""
    start_counting(store)

    def count_up(work: UnitOfWork, steps: list[int]) -> None:
        work.connection.execute(TABLE.update().values(count=TABLE.c.count + sum(steps)))

    with store.begin(SOMEBODY) as work:
        work.postpone(count_up, 1)
        work.postpone(count_up, 2)
        assert work.connection.execute(select(TABLE.c.count)).scalar() == 0

    with store.read() as connection:
        assert connection.execute(select(TABLE.c.count)).scalar() == 3


def test_what_is_refused_in_the_end_leaves_nothing_and_is_no_riddle(store: Store) -> None:
    """A statement that fails just before the commit takes everything with it, and says why."""
    start_counting(store)

    def add_another(work: UnitOfWork, ids: list[str]) -> None:
        rows = [{"counter_id": each, "version": 1, "count": 0, "document": ""} for each in ids]
        add_rows(work.connection, TABLE, rows)

    def fail(work: UnitOfWork) -> None:
        add_one(work)
        work.record(an_event())
        work.postpone(add_another, "a")

    with pytest.raises(IntegrityError):
        store.transact(SOMEBODY, fail)

    store.transact(SOMEBODY, add_one)
    assert count(store) == 1
    with store.read() as connection:
        assert outbox.backlog(connection, METADATA).waiting == 0


def test_a_statement_that_takes_too_long_is_told_from_a_database_that_is_away(
    store: Store,
) -> None:
    """The next one may go well, so nobody has to wait for this one."""
    if store.engine.dialect.name == "sqlite":
        return  # it has no such limit

    def take_long(work: UnitOfWork) -> None:
        work.connection.exec_driver_sql("SET LOCAL statement_timeout = '20ms'")
        work.connection.exec_driver_sql("SELECT pg_sleep(5)")

    with pytest.raises(TooMuch):
        store.transact(SOMEBODY, take_long)


def test_sessions_that_the_server_has_ended_are_not_used(store: Store) -> None:
    """After a restart of PostgreSQL the first that comes along is served."""
    if store.engine.dialect.name == "sqlite":
        return  # no server, no sessions
    start_counting(store)
    onlooker = open_engine(store.engine.url.render_as_string(hide_password=False))
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with onlooker.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        watching.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {others}")
        count_others = f"SELECT count(*) {others}"
        eventually(lambda: watching.exec_driver_sql(count_others).scalar() == 0)

    with store.begin(SOMEBODY) as work:
        add_one(work)
    assert count(store) == 1
    onlooker.dispose()


def test_concurrent_changes_are_all_kept(store: Store) -> None:
    """Four threads count to a hundred together."""
    start_counting(store)
    threads = [
        threading.Thread(target=lambda: [store.transact(SOMEBODY, add_one) for _ in range(25)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(store) == 100


def test_a_change_whose_commit_broke_off_is_not_made_again(store: Store) -> None:
    """It may have been kept, as here; doing it again would do it twice."""
    start_counting(store)
    with commits_lost(store), pytest.raises(OutcomeUnknown):
        store.transact(SOMEBODY, add_one)

    assert count(store) == 1


def test_a_right_is_not_had_while_the_database_is_away(store: Store) -> None:
    """Whoever asks is told so in words it understands, and may ask again."""
    if store.engine.dialect.name == "sqlite":
        return  # a file beside the database needs no database
    right = ExclusiveRight(store.engine, "relay")
    assert right.held()
    with store.read() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
        others += " current_database() AND pid <> pg_backend_pid()"
        connection.exec_driver_sql(others)

    with pytest.raises(StoreUnavailable):
        eventually(lambda: not right.held())

    assert eventually(right.held)
    right.release()


def test_a_stale_write_is_refused(store: Store) -> None:
    """Whoever did not see the newest version may not overwrite it."""
    start_counting(store)
    store.transact(SOMEBODY, add_one)

    def overwrite(work: UnitOfWork) -> None:
        COUNTERS.save(work, Counter("a", 2, 99))

    with pytest.raises(StaleWrite), store.begin(SOMEBODY) as work:
        overwrite(work)
    assert count(store) == 1


def test_the_inbox_admits_a_message_once(store: Store) -> None:
    """In one batch and across batches, for each subscription by itself."""

    def admit(subscription: str, *ids: str) -> set[str]:
        return store.transact(
            SOMEBODY,
            lambda work: inbox.admit(work.connection, METADATA, subscription, ids, work.now),
        )

    assert admit("events", "evt_1", "evt_1", "evt_2") == {"evt_1", "evt_2"}
    assert admit("events", "evt_2", "evt_3") == {"evt_3"}
    assert admit("members", "evt_1") == {"evt_1"}
    assert admit("members", *(f"evt_{n}" for n in range(50))) == {f"evt_{n}" for n in range(50)} - {
        "evt_1"
    }


def test_the_outbox_keeps_the_order_in_which_things_were_said(store: Store) -> None:
    """Across units and within one."""

    def say(*references: str) -> None:
        def record(work: UnitOfWork) -> None:
            for reference in references:
                work.record(an_event(reference=reference), version=1)

        store.transact(SOMEBODY, record)

    say("1", "2")
    say("3")

    with store.read() as connection:
        rows = outbox.waiting(connection, METADATA, limit=10)
    assert [b'"reference":"%d"' % n in m.body for n, (_, m) in enumerate(rows, 1)] == [True] * 3


def test_many_rows_at_once_are_kept_as_they_are_and_in_their_order(store: Store) -> None:
    """However many: those without a value in a column, too, and times with their offset."""
    seoul = START.astimezone(timezone(timedelta(hours=9)))
    timetable = METADATA.tables["transitions"]
    for number in (1, 2, 50):
        rows = [
            {
                "thing": f"count to {number}",
                "thing_id": f"{n} \\ {{'\"}} 香港",
                "before": "",
                "after": "counted",
                "actor": "somebody",
                "organisation_id": None,
                "reason": "",
                "occurred_at": seoul,
                "recorded_at": store.clock.now(),
            }
            for n in range(number)
        ]
        with store.begin(SOMEBODY) as work:
            add_rows(work.connection, timetable, rows)
        with store.read() as connection:
            mine = select(timetable).where(timetable.c.thing == rows[0]["thing"])
            found = connection.execute(mine.order_by(timetable.c.sequence)).mappings().all()
        assert [{name: row[name] for name in rows[0]} for row in found] == rows


def test_many_rows_of_which_one_is_wrong_are_refused(store: Store) -> None:
    """None of them is kept, and nothing is cut to fit or taken for another time."""
    first: dict[str, object] = {
        "subscription": "events",
        "message_id": "evt_0",
        "received_at": START,
    }
    wrong_ones: list[dict[str, object]] = [
        {"message_id": None},
        {"received_at": START.replace(tzinfo=None)},
    ]
    if store.engine.dialect.name == "postgresql":  # SQLite does not look at lengths
        wrong_ones.append({"message_id": "evt_" + "x" * 64})
    for wrong in wrong_ones:
        rows = [first | {"message_id": f"evt_{n}"} for n in range(10)] + [first | wrong]
        with pytest.raises((DBAPIError, StatementError, ValueError)), store.begin(SOMEBODY) as work:
            add_rows(work.connection, METADATA.tables["inbox_messages"], rows)
    with store.read() as connection:
        inbox_rows = select(func.count()).select_from(METADATA.tables["inbox_messages"])
        assert connection.execute(inbox_rows).scalar() == 0


def test_times_come_back_with_their_offset(store: Store) -> None:
    """An instant given in Seoul is the same instant when read."""
    in_seoul = datetime(2026, 3, 2, 21, 30, 15, 123456, tzinfo=timezone(timedelta(hours=9)))
    store.transact(SOMEBODY, lambda work: work.schedule("reminder", "a", in_seoul))

    with store.read() as connection:
        found = timers.next_due(connection, METADATA)

    assert found == in_seoul
    assert found is not None
    assert found.tzinfo == UTC


def test_a_timer_is_taken_by_one_of_two(store: Store) -> None:
    """Whoever comes second goes away empty-handed."""
    store.transact(SOMEBODY, lambda work: work.schedule("reminder", "a", START))
    with store.read() as connection:
        (timer,) = timers.due(connection, METADATA, ["reminder"], START, 10)

    def take(work: UnitOfWork) -> bool:
        return timers.take(work.connection, METADATA, timer)

    assert store.transact(SOMEBODY, take) is True
    assert store.transact(SOMEBODY, take) is False


def test_an_exclusive_right_is_held_by_one_and_falls_to_the_next(store: Store) -> None:
    """Two relays of one store never work at the same time."""
    first, second = ExclusiveRight(store.engine, "relay"), ExclusiveRight(store.engine, "relay")

    assert first.held()
    assert not second.held()
    assert first.held()
    first.release()
    assert eventually(second.held)  # the server notices a moment later that a session ended
    second.release()


def test_old_rows_are_forgotten_and_young_or_unpublished_ones_kept(store: Store) -> None:
    """Nothing that still waits is ever deleted."""
    clock = store.clock
    assert isinstance(clock, SimulatedClock)

    def fill(work: UnitOfWork) -> None:
        inbox.admit(work.connection, METADATA, "events", ["evt_1"], work.now)
        work.record(an_event())

    store.transact(SOMEBODY, fill)
    clock.advance(timedelta(days=31))
    store.transact(SOMEBODY, lambda work: forget_old(work, METADATA))

    with store.read() as connection:
        kept = connection.execute(
            select(func.count()).select_from(METADATA.tables["inbox_messages"])
        ).scalar_one()
        assert kept == 0
        assert outbox.backlog(connection, METADATA).waiting == 1


def test_a_duplicate_row_is_the_callers_fault_not_the_stores(store: Store) -> None:
    """A broken constraint is no reason to try again."""
    start_counting(store)

    with pytest.raises(IntegrityError):
        start_counting(store)


def test_a_store_that_cannot_be_reached_says_so() -> None:
    """A wrong address is reported as unavailable, not as a crash."""
    engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    store = Store("notify", engine, METADATA, SimulatedClock(START), RandomIds())

    with pytest.raises(StoreUnavailable):
        store.transact(SOMEBODY, add_one)
