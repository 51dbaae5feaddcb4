"""A private PostgreSQL, set up for this one question: everything in memory, nothing to wait for."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from muster.cli.supervise import Supervisor
from tests.servers.postgres import Cluster, start_cluster

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
        Path(name).chmod(0o711)  # PostgreSQL does not run as root and has to reach its own part
        directory = Path(name) / "postgres"
        sockets = directory / "home"
        try:
            settings = SETTINGS | {"unix_socket_directories": str(sockets)}
            cluster = start_cluster(directory, settings)
            yield lambda: _connect(sockets, cluster)
        finally:
            Supervisor(directory).shut_down()


def _connect(sockets: Path, cluster: Cluster) -> psycopg.Connection:
    connection = psycopg.connect(
        host=str(sockets),
        port=cluster.port,
        user="muster",
        password=cluster.password,
        dbname="postgres",
        autocommit=True,
    )
    connection.prepared_max = None
    return connection
