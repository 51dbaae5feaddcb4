"""The migrations of each service make exactly the tables the code expects."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select

from muster.cli.bootstrap import metadata_of, migrations_of
from muster.contracts.catalogue import OWNERS
from muster.storage.engine import open_engine
from muster.storage.migrations import upgrade


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an empty database of each kind in turn."""
    url = (
        f"sqlite:///{tmp_path}/store.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("service", OWNERS)
def test_a_migrated_database_is_what_the_tables_describe(engine: Engine, service: str) -> None:
    """No table, column, index or constraint is missing or left over; a second run changes none."""
    upgrade(migrations_of(service), engine)
    upgrade(migrations_of(service), engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata_of(service)) == []


@pytest.mark.parametrize("service", OWNERS)
def test_going_back_leaves_nothing_behind(engine: Engine, service: str) -> None:
    """A database can be taken back to where it was before the first migration."""
    upgrade(migrations_of(service), engine)

    config = Config()
    config.set_main_option("script_location", str(migrations_of(service)))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert inspect(engine).get_table_names() == ["alembic_version"]


def taken_to(engine: Engine, service: str, revision: str) -> None:
    """Upgrade a service's database as far as this."""
    config = Config()
    config.set_main_option("script_location", str(migrations_of(service)))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_an_upgrade_has_every_member_said_again(engine: Engine) -> None:
    """Matching did not keep enterprises and certificates before, and cannot ask for them."""
    taken_to(engine, "registry", "0001")
    row = {"organisation_id": "org_1", "version": 7, "document": "{}", "status": "active"}
    with engine.begin() as connection:
        connection.execute(metadata_of("registry").tables["organisations"].insert(), row)

    upgrade(migrations_of("registry"), engine)

    timers = metadata_of("registry").tables["timers"]
    with engine.connect() as connection:
        (due,) = connection.execute(select(timers)).all()
    assert (due.kind, due.subject) == ("restatement", "org_1")
    assert due.due_at <= datetime.now(UTC)


def test_an_upgrade_lets_matching_take_what_is_said_again(engine: Engine) -> None:
    """It comes with the version that is known."""
    taken_to(engine, "matching", "0003")
    row = {
        "organisation_id": "org_1",
        "version": 7,
        "document": "{}",
        "status": "active",
        "revision": 1,
    }
    members = metadata_of("matching").tables["members"]
    with engine.begin() as connection:
        connection.execute(members.insert(), row)

    upgrade(migrations_of("matching"), engine)

    with engine.connect() as connection:
        assert connection.execute(select(members.c.version)).scalar() == 0


def test_what_notify_has_heard_is_known_under_the_new_name_of_the_queue(engine: Engine) -> None:
    """Events that come again after the upgrade are told to nobody a second time."""
    taken_to(engine, "notify", "0002")
    inbox = metadata_of("notify").tables["inbox_messages"]
    heard = {"message_id": "evt_1", "received_at": datetime.now(UTC)}
    with engine.begin() as connection:
        connection.execute(
            inbox.insert(),
            [heard | {"subscription": "events"}, heard | {"subscription": "members"}],
        )

    upgrade(migrations_of("notify"), engine)

    with engine.connect() as connection:
        assert set(connection.scalars(select(inbox.c.subscription))) == {"news", "members"}
