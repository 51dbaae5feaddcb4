"""A private PostgreSQL cluster for the whole test session."""

import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from muster.cli.files import one_at_a_time, read_json, write_private, write_private_json
from muster.cli.ports import remembered_ports
from muster.cli.supervise import Program, Supervisor
from tests.servers.session import missing
from tests.waiting import eventually

BINARIES = "usr/lib/postgresql/*/bin"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL, ours alone."""

    port: int
    password: str

    def address(self, database: str) -> str:
        """Return the address of one of its databases, as libpq writes it."""
        return f"postgresql://muster:{self.password}@127.0.0.1:{self.port}/{database}"

    def url(self, database: str) -> str:
        """Return the address of one of its databases, as SQLAlchemy writes it."""
        return self.address(database).replace("postgresql:", "postgresql+psycopg:", 1)

    def fresh_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"t_{secrets.token_hex(6)}"
        self._create(name)
        return self.url(name)

    def fresh_databases(self, services: Sequence[str]) -> str:
        """Make an empty database per service; return their URL with {service} to fill in."""
        prefix = f"t_{secrets.token_hex(6)}"
        for service in services:
            self._create(f"{prefix}_{service}")
        return self.url(f"{prefix}_{{service}}")

    def _create(self, name: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def session_cluster(session: Path) -> Cluster:
    """Return the session's cluster, started by whoever asks first."""
    directory = session / "postgres"
    with one_at_a_time(session):
        if not Supervisor(directory).alive():
            start_cluster(directory)
        known = read_json(directory / "cluster.json")
    return Cluster(known["port"], known["password"])


def start_cluster(directory: Path, settings: Mapping[str, str] = SETTINGS) -> Cluster:
    """Start a cluster under a supervisor of its own in this new directory; return it once it
    answers. Every directory above has to let others pass: PostgreSQL does not run as root. Its own
    user may write into `home` there."""
    binaries = _find_binaries()
    user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
    directory.mkdir(mode=0o711)
    cluster = Cluster(
        remembered_ports(directory / "ports.json", ["postgres"], {})["postgres"],
        secrets.token_hex(16),
    )
    _initialise(binaries, directory, cluster, user)
    _run(binaries, directory, cluster, settings, user)
    write_private_json(
        directory / "cluster.json", {"port": cluster.port, "password": cluster.password}
    )
    return cluster


def start_copy(directory: Path, base: Path, of: Cluster) -> Cluster:
    """Start a cluster on a base backup of another, which is moved into this new directory."""
    user = "postgres" if os.getuid() == 0 else None
    directory.mkdir(mode=0o711)
    ports = remembered_ports(directory / "ports.json", ["postgres"], {})
    cluster = Cluster(ports["postgres"], of.password)
    home = directory / "home"
    home.mkdir(mode=0o700)
    base.rename(home / "data")
    if user is not None:
        for path in (home, *home.rglob("*")):
            shutil.chown(path, user)
    _run(_find_binaries(), directory, cluster, SETTINGS, user)
    return cluster


def _run(
    binaries: Path,
    directory: Path,
    cluster: Cluster,
    settings: Mapping[str, str],
    user: str | None,
) -> None:
    told = {**settings, "port": str(cluster.port)}
    program = Program(
        "postgres",
        (str(binaries / "postgres"), "-D", str(directory / "home" / "data"), *_options(told)),
        stop_signal="INT",  # ends at once, in good order, without waiting for clients
        user=user,
    )
    supervisor = Supervisor(directory)
    supervisor.start_daemon([program], os.environ)
    supervisor.start("postgres")
    eventually(lambda: _answers(cluster), within_s=30)


def _options(settings: Mapping[str, str]) -> list[str]:
    return [f"--{name}={value}" for name, value in settings.items()]


def _find_binaries() -> Path:
    found = sorted(Path("/").glob(BINARIES), key=lambda path: float(path.parent.name))
    if not found or (os.getuid() == 0 and not _has_user("postgres")):
        missing("PostgreSQL", "postgresql")
    return found[-1]


def _has_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _initialise(binaries: Path, directory: Path, cluster: Cluster, user: str | None) -> None:
    home = directory / "home"
    home.mkdir(mode=0o700)
    password_file = home / "password"
    write_private(password_file, cluster.password)
    become: tuple[str, ...] = ()
    if user is not None:
        entry = pwd.getpwnam(user)
        for path in (home, password_file):
            os.chown(path, entry.pw_uid, entry.pw_gid)
        become = ("runuser", "-u", user, "--")
    command = (str(binaries / "initdb"), "-D", str(home / "data"), "-U", "muster")
    options = ("-A", "password", f"--pwfile={password_file}", "-E", "UTF8", "--no-locale")
    subprocess.run([*become, *command, *options], check=True, capture_output=True, cwd="/")


def _answers(cluster: Cluster) -> bool:
    try:
        psycopg.connect(cluster.address("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
