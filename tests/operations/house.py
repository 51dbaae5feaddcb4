"""A Muster in a directory of its own, with databases by the names of the manual."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from muster.cli.bootstrap import open_stores
from muster.cli.deployment import API, Options
from muster.cli.down import stop
from muster.cli.files import private_directory
from muster.cli.ports import remembered_ports
from muster.cli.running import Running
from muster.cli.supervise import Supervisor
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from muster.settings import Settings
from muster.storage.store import Store
from tests.operations.manual import obey
from tests.servers.postgres import Cluster, start_cluster, start_copy

POSTGRESQL, SQLITE = "postgresql", "sqlite"


@dataclass(frozen=True)
class House:
    """Where it is, and where its databases are."""

    home: Path
    cluster: Cluster | None  # none: SQLite

    @property
    def directory(self) -> Path:
        """Return where its state is."""
        return self.home / ".muster"

    @property
    def database_url(self) -> str:
        """Return the address of its databases."""
        if self.cluster:
            return self.cluster.url("muster_{service}")
        return f"sqlite:///{self.directory}/data/{{service}}.db"

    def up(self) -> Running:
        """Start it, as `muster up` does."""
        private_directory(self.directory)
        remembered_ports(self.directory / "ports.json", [API], {})  # not one that others prefer
        url = self.database_url if self.cluster else None
        quiet = {"MUSTER_LOG_LEVEL": "WARNING"}
        return start(Options(self.directory, url, environment=quiet))

    def obey(self, *names: str) -> None:
        """Type what the manual says under these names."""
        for name in names:
            obey(name, self.home, self.variables)

    @property
    def variables(self) -> dict[str, str]:
        """Return what the manual's commands take from the environment."""
        known = {"backup": str(self.home / "backup")}
        if self.cluster:
            login = {"HOST": "127.0.0.1", "USER": "muster", "PASSWORD": self.cluster.password}
            known |= {f"PG{name}": value for name, value in login.items()}
            known |= {"PGPORT": str(self.cluster.port), "PGDATABASE": "postgres"}
        return known

    def make_databases(self) -> None:
        """Make the empty databases."""
        self._for_each_database("CREATE DATABASE {}")

    def burn_down(self) -> None:
        """Lose all there is but the backup: processes, queues, databases, keys."""
        stop(self.directory, erase=True)
        self.drop_databases()

    def drop_databases(self) -> None:
        """Lose the databases."""
        self._for_each_database("DROP DATABASE {} WITH (FORCE)")

    @contextmanager
    def stores(self) -> Iterator[dict[str, Store]]:
        """Open its stores, to look at them from outside."""
        with _opened(self.database_url) as stores:
            yield stores

    @contextmanager
    def recovered(self) -> Iterator[dict[str, Store]]:
        """Start a server on the base backup, as it is after its recovery; open what it has."""
        assert self.cluster
        place = self.home / "recovered"
        try:
            cluster = start_copy(place, self.home / "backup" / "base", self.cluster)
            with _opened(cluster.url("muster_{service}")) as stores:
                yield stores
        finally:
            Supervisor(place).shut_down()

    def _for_each_database(self, statement: str) -> None:
        if self.cluster is None:
            return
        with psycopg.connect(self.cluster.address("postgres"), autocommit=True) as connection:
            for service in OWNERS:
                name = sql.Identifier(f"muster_{service}")
                connection.execute(sql.SQL(statement).format(name))


@contextmanager
def _opened(database_url: str) -> Iterator[dict[str, Store]]:
    stores = open_stores(Settings(database_url=database_url))
    try:
        yield stores
    finally:
        for store in stores.values():
            store.engine.dispose()


@contextmanager
def house(store: str, *, empty: bool = False) -> Iterator[House]:
    """Build a house, with databases unless it is to be empty; tear it down with the context."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="muster-house-"))
        stack.callback(shutil.rmtree, home)
        home.chmod(0o711)  # PostgreSQL does not run as root and has to reach its own part
        (home / ".venv").symlink_to(sys.prefix)
        cluster = None
        if store == POSTGRESQL:
            stack.callback(Supervisor(home / "postgres").shut_down)
            cluster = start_cluster(home / "postgres")
        built = House(home, cluster)
        if not empty:
            built.make_databases()
        stack.callback(stop, built.directory)
        yield built
