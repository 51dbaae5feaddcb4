"""What the doctor finds at a real PostgreSQL: rights, migrations, clocks."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from muster.cli.bootstrap import migrate
from muster.cli.doctor.checks import clocks, migrations, rights
from muster.cli.doctor.database import SqlDatabase, database_at
from muster.cli.doctor.finding import Finding, Level
from muster.clock import SystemClock
from muster.settings import Settings
from tests.servers.postgres import Cluster
from tests.unit.cli.doctor.patients import healthy, levels, troubles

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Household:
    """Databases of dispatch and notify, and for each a role that works with its rows."""

    cluster: Cluster
    prefix: str

    @property
    def url(self) -> str:
        """Where a service logs in, with its name to fill in."""
        place = f"127.0.0.1:{self.cluster.port}"
        return (
            f"postgresql+psycopg://{self.prefix}_{{service}}:pw@{place}/{self.prefix}_{{service}}"
        )

    def owner(self, command: str, **names: str) -> None:
        """Do something as who owns dispatch's tables."""
        with self._connection("dispatch") as connection:
            quoted = {name: sql.Identifier(value) for name, value in names.items()}
            connection.execute(sql.SQL(command).format(**quoted))

    @contextmanager
    def dispatch(self) -> Iterator[SqlDatabase]:
        """Dispatch's database, as dispatch."""
        with database_at(self.url.format(service="dispatch")) as database:
            yield database

    def found(self) -> list[Finding]:
        """What is found of dispatch."""
        settings = Settings(database_url=self.url, services=("dispatch",))
        with self.dispatch() as database:
            patient = healthy(
                settings=settings, databases={"dispatch": database}, clock=SystemClock()
            )
            checks = (migrations.check, rights.check, clocks.check)
            return [finding for check in checks for finding in check(patient)]

    def _connection(self, service: str) -> "psycopg.Connection[tuple[object, ...]]":
        address = self.cluster.address(f"{self.prefix}_{service}")
        return psycopg.connect(address, autocommit=True)


@pytest.fixture
def household(postgres: Cluster) -> Household:
    """As deploy/postgres/databases.sh and `muster migrate` make it."""
    made = Household(postgres, f"t_{secrets.token_hex(6)}")
    with psycopg.connect(postgres.address("postgres"), autocommit=True) as connection:
        for service in ("dispatch", "notify"):
            name = sql.Identifier(f"{made.prefix}_{service}")
            for command in (
                "CREATE ROLE {} LOGIN PASSWORD 'pw'",
                "CREATE DATABASE {}",
                "REVOKE ALL ON DATABASE {} FROM PUBLIC",
                "GRANT CONNECT ON DATABASE {0} TO {0}",
            ):
                connection.execute(sql.SQL(command).format(name))
    role = f"{made.prefix}_dispatch"
    rows = "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
    made.owner(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public {rows}", role=role)
    owners = postgres.url(f"{made.prefix}_{{service}}")
    migrate(Settings(database_url=owners, services=("dispatch",)))
    return made


def test_all_is_well_as_it_was_set_up(household: Household) -> None:
    """Up to date, records only added to, the clocks agree."""
    found = household.found()

    assert levels(found) == {Level.WELL}
    assert len(found) == 3


def test_nothing_can_be_changed_by_asking(household: Household) -> None:
    """Not even with rights to."""
    with household.dispatch() as database, pytest.raises(DBAPIError, match="read-only"):
        database._connection.execute(text("DELETE FROM timers"))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("GRANT UPDATE ON transitions TO {role}", "dispatch may UPDATE in transitions"),
        ("GRANT TRUNCATE ON transitions TO PUBLIC", "dispatch may TRUNCATE in transitions"),
        ("REVOKE DELETE ON timers FROM {role}", "dispatch may not DELETE in timers"),
        ("ALTER TABLE transitions OWNER TO {role}", "dispatch logs in as the owner of transitions"),
        ("DELETE FROM alembic_version", "dispatch was never migrated"),
        ("DROP TABLE alembic_version", "dispatch was never migrated"),
        ("UPDATE alembic_version SET version_num = '0001'", "is at 0001"),
        ("UPDATE alembic_version SET version_num = 'later'", "does not know"),
    ],
)
def test_whatever_is_changed_is_found(household: Household, command: str, said: str) -> None:
    """One thing wrong, one finding."""
    household.owner(command, role=f"{household.prefix}_dispatch")
    [found] = troubles(iter(household.found()))

    assert said in found.what


def test_a_door_into_anothers_database_is_found(household: Household) -> None:
    """A new database is open to everybody unless it is closed."""
    household.owner(
        "GRANT CONNECT ON DATABASE {other} TO PUBLIC", other=f"{household.prefix}_notify"
    )
    [found] = troubles(iter(household.found()))

    assert "the database of notify" in found.what
