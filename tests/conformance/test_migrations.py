"""The migrations of each service make exactly the tables the code expects."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

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
