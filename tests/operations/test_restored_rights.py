"""What each service may do in its database comes back with the backup."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from muster.cli.bootstrap import migrate
from muster.contracts.catalogue import OWNERS
from muster.settings import Settings
from tests.operations.house import POSTGRESQL, House, house
from tests.operations.manual import ROOT, obey

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]


@pytest.fixture
def server() -> Iterator[House]:
    """Return a PostgreSQL of its own, with nothing in it."""
    with house(POSTGRESQL, empty=True) as built:
        yield built


def prepare(server: House, secrets: Path) -> None:
    """Make databases and roles, as deploy/postgres/databases.sh does it."""
    environment = {**os.environ, **server.variables, "MUSTER_SECRETS": str(secrets)}
    script = ROOT / "deploy" / "postgres" / "databases.sh"
    subprocess.run([script], env=environment, check=True, capture_output=True)


def drop_roles(server: House) -> None:
    """Be a server that has never heard of Muster."""
    for service in OWNERS:
        for role in (f"muster_{service}", f"muster_{service}_owner"):
            subprocess.run(["dropuser", role], env={**os.environ, **server.variables}, check=True)


def settings(server: House, secrets: Path, login: str, file: str) -> Settings:
    """Return the settings of who logs in so."""
    assert server.cluster
    where = f"127.0.0.1:{server.cluster.port}/muster_{{service}}"
    return Settings(
        database_url=f"postgresql+psycopg://{login}:{{password}}@{where}",
        database_password_file=str(secrets / file),
    )


def test_records_can_be_added_to_and_not_changed_after_a_restoration(
    server: House, tmp_path: Path
) -> None:
    """On a new server, where databases.sh has made the roles anew."""
    for service in OWNERS:
        for name in (f"database_{service}", f"database_owner_{service}"):
            (tmp_path / name).write_text(f"secret of {name}", "utf-8")
    prepare(server, tmp_path)
    migrate(settings(server, tmp_path, "muster_{service}_owner", "database_owner_{service}"))
    backup = Path(server.variables["backup"])
    backup.mkdir()
    for service in OWNERS:
        subprocess.run(
            ["pg_dump", "--format=custom", f"--file={backup / service}.dump", f"muster_{service}"],
            env={**os.environ, **server.variables},
            check=True,
        )
    server.drop_databases()
    drop_roles(server)

    prepare(server, tmp_path)
    obey("restore-postgresql", server.home, server.variables, leaving_out="createdb")

    mine = settings(server, tmp_path, "muster_{service}", "database_{service}")
    for service in OWNERS:
        engine = create_engine(mine.database_url_of(service))
        try:
            with engine.begin() as connection:
                assert connection.execute(text("SELECT count(*) FROM transitions")).scalar() == 0
                connection.execute(text("DELETE FROM outbox_messages"))
            with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as it:
                it.execute(text("DELETE FROM transitions"))
            assert "outbox_messages" in inspect(engine).get_table_names()
        finally:
            engine.dispose()
