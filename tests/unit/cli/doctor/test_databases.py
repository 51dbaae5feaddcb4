"""What the doctor finds at the databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from muster.cli.bootstrap import migrate
from muster.cli.doctor.checks import clocks, databases, migrations, rights
from muster.cli.doctor.database import database_at
from muster.cli.doctor.finding import Level
from muster.cli.doctor.patient import DatabaseUnusable
from muster.settings import Settings
from tests.stores import START
from tests.unit.cli.doctor.patients import (
    FakeDatabase,
    healthy,
    levels,
    troubles,
    with_database,
)

CHECKS = (databases.check, migrations.check, rights.check, clocks.check)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__module__.rpartition(".")[2])
def test_nothing_is_found_where_nothing_is_wrong(check: object) -> None:
    """And that is said."""
    assert callable(check)
    assert levels(check(healthy())) == {Level.WELL}


def test_a_database_that_cannot_be_asked_is_named_with_its_reason() -> None:
    """The others are asked all the same."""
    away = {**healthy().databases, "matching": DatabaseUnusable("connection refused")}
    found = list(databases.check(healthy(databases=away)))

    assert [each.level for each in found] == [Level.TROUBLE, Level.WELL]
    assert "database of matching cannot be used: connection refused" in found[0].what


@pytest.mark.parametrize(
    ("at", "said", "todo"),
    [
        (None, "was never migrated", "muster migrate"),
        ("0001", "is at 0001, and the program expects", "muster migrate"),
        ("9999", "is at 9999, which this version does not know", "newer"),
    ],
)
def test_a_database_of_another_age_is_named(at: str | None, said: str, todo: str) -> None:
    """Too old, too new, or empty: there is something else to do each time."""
    [found] = troubles(migrations.check(with_database(FakeDatabase("matching", at=at))))

    assert f"database of matching {said}" in found.what
    assert todo in found.todo


def test_records_that_could_be_changed_are_found() -> None:
    """They are what can be shown to a court."""
    loose = FakeDatabase("dispatch", more={"transitions": frozenset({"DELETE"})})
    [found] = troubles(rights.check(with_database(loose)))

    assert "dispatch may DELETE in transitions" in found.what


def test_a_right_that_is_missing_is_found() -> None:
    """The service would fail at its first transaction."""
    poor = FakeDatabase("dispatch", fewer={"timers": frozenset({"DELETE"})})
    [found] = troubles(rights.check(with_database(poor)))

    assert found.what == "dispatch may not DELETE in timers"


def test_whoever_owns_the_tables_could_change_records() -> None:
    """Fine only for `muster up`, which has to migrate them itself."""
    owner = FakeDatabase("dispatch", owner=True)

    [found] = troubles(rights.check(with_database(owner)))
    noted = rights.check(with_database(owner, directory=Path("somewhere")))

    assert "dispatch logs in as the owner of" in found.what
    assert levels(noted) == {Level.NOTE, Level.WELL}


def test_a_door_into_anothers_database_is_found() -> None:
    """Each service is to know its own alone."""
    guest = FakeDatabase("notify", enters=frozenset({"muster_matching"}))
    [found] = troubles(rights.check(with_database(guest)))

    assert "notify may connect to muster_matching, the database of matching" in found.what


def test_a_clock_that_is_off_is_found() -> None:
    """By how much, and what to do."""
    late = FakeDatabase("matching", clock=START - timedelta(minutes=2))
    [found] = troubles(clocks.check(with_database(late)))

    assert found.what == "The clock of the database of matching is 120 s off ours"


def test_the_brokers_clock_is_compared_where_it_can_be_asked() -> None:
    """A management page says what time it is there."""
    patient = healthy(databases={}, broker_time=lambda: START + timedelta(hours=1))

    assert "clock of RabbitMQ is 3600 s off" in troubles(clocks.check(patient))[0].what


def test_a_real_database_is_asked_and_cannot_be_changed(tmp_path: Path) -> None:
    """SQLite, as `muster up` makes it."""
    url = f"sqlite:///{tmp_path}/{{service}}.db"
    migrate(Settings(database_url=url, services=("notify",)))

    with database_at(url.format(service="notify")) as database:
        found = migrations.check(healthy(databases={"notify": database}))
        assert levels(found) == {Level.WELL}
        assert "outbox_messages" in database.tables()
        with pytest.raises(OperationalError, match="readonly"):
            database._connection.execute(text("DELETE FROM timers"))


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """SQLite would make an empty one, and it would look like lost data."""
    with (
        pytest.raises(DatabaseUnusable, match="there is no file"),
        database_at(f"sqlite:///{tmp_path}/none.db"),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_away_is_said_without_its_password() -> None:
    """What the doctor prints is sent around."""
    nowhere = "postgresql+psycopg://nobody:hunter2@127.0.0.1:1/muster"
    with pytest.raises(DatabaseUnusable) as caught, database_at(nowhere):
        pass
    assert "hunter2" not in str(caught.value)
