"""A private PostgreSQL, set up for this one question: everything in memory, nothing to wait for."""

import os
import pwd
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.servers.postgres import Cluster, _answers, _find_binaries, _initialise
from tests.waiting import eventually

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "4GB",
    "effective_cache_size": "8GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "random_page_cost": "1.0",  # it is all in memory
    "jit": "off",  # compiling takes longer than these queries
    "max_parallel_workers_per_gather": "0",
    "fsync": "off",
    "autovacuum": "off",
}


Connect = Callable[[], psycopg.Connection]


@contextmanager
def private_postgres() -> Iterator[Connect]:
    """Yield what connects to a fresh database, over its socket; all is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        cluster = Cluster(50_000 + secrets.randbelow(10_000), secrets.token_hex(16))
        binaries = _find_binaries()
        user = "postgres" if os.getuid() == 0 else None
        _initialise(binaries, directory, cluster, user)
        server = _start(binaries, directory / "home", cluster, user, SETTINGS)
        try:
            eventually(lambda: _answers(cluster), within_s=30)
            yield lambda: _connect(directory / "home", cluster)
        finally:
            server.send_signal(signal.SIGINT)  # at once, without waiting for clients to leave
            server.wait(timeout=60)


def _connect(home: Path, cluster: Cluster) -> psycopg.Connection:
    connection = psycopg.connect(
        host=str(home),
        port=cluster.port,
        user="muster",
        password=cluster.password,
        dbname="postgres",
        autocommit=True,
    )
    connection.prepared_max = None
    return connection


def _start(
    binaries: Path, home: Path, cluster: Cluster, user: str | None, settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    told = settings | {"port": str(cluster.port), "unix_socket_directories": str(home)}
    options = [f"--{name}={value}" for name, value in told.items()]
    if user is not None:
        os.chown(home, pwd.getpwnam(user).pw_uid, -1)
    return subprocess.Popen(
        [str(binaries / "postgres"), "-D", str(home / "data"), *options],
        user=user,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
