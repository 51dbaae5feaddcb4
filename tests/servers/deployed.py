"""RabbitMQ and PostgreSQL with what `deploy/` and docker-compose.yml say: users, roles, TLS."""

import json
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from muster.cli.broker import launch_broker
from muster.cli.broker_users import describe_users
from muster.cli.files import write_private
from muster.cli.node import NoRabbitMQ, prepare_node
from muster.cli.ports import is_open, remembered_ports
from muster.cli.supervise import Supervisor
from muster.settings import Settings
from tests.servers.postgres import Cluster, start_cluster
from tests.servers.session import missing
from tests.waiting import eventually

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text())
HOST = "127.0.0.1"
MOUNTED = "/run/secrets"


@dataclass(frozen=True)
class Place:
    """The secrets of one alliance, and the addresses in docker-compose.yml as they are here."""

    secrets: Path
    broker_port: int = 0
    database_port: int = 0

    def settings(self, container: str) -> Settings:
        """The settings of a container, for servers on this machine."""
        given = COMPOSE["services"][container]["environment"]
        names = ("amqp_url", "amqp_password_file", "database_url", "database_password_file")
        values = {name: given.get(f"MUSTER_{name.upper()}") for name in names}
        here: dict[str, Any] = {name: self._here(each) for name, each in values.items() if each}
        return Settings(**here)

    def _here(self, value: str) -> str:
        return (
            value.replace(MOUNTED, str(self.secrets))
            .replace("@rabbitmq:5671", f"@{HOST}:{self.broker_port}")
            .replace("@postgres:5432", f"@{HOST}:{self.database_port}")
        )


def make_secrets(directory: Path) -> Place:
    """Make passwords and certificates by the scripts, for servers that are called by address."""
    address = f"IP:{HOST}"
    certificates = (DEPLOY / "tls" / "certificates.sh", directory)
    subprocess.run(
        [*certificates, f"rabbitmq={address}", f"postgres={address}"],
        check=True,
        capture_output=True,
    )
    subprocess.run([DEPLOY / "secrets.sh", directory], check=True, capture_output=True)
    return Place(directory)


@contextmanager
def deployed_broker(directory: Path, place: Place) -> Iterator[Place]:
    """Run RabbitMQ with the files of `deploy/rabbitmq/` and the users of `muster broker-users`."""
    try:
        node = prepare_node(directory / "node", with_metrics=False)
    except NoRabbitMQ:
        missing("RabbitMQ", "rabbitmq-server")
    port = remembered_ports(directory / "tls.json", ["amqps"], {})["amqps"]
    place = Place(place.secrets, port, place.database_port)
    users = node.directory / "definitions.json"
    write_private(users, json.dumps(describe_users(place.settings("broker-users"))))
    own = (node.directory / "rabbitmq.conf").read_text()
    tls = (DEPLOY / "rabbitmq" / "tls.conf").read_text()
    named = (DEPLOY / "rabbitmq" / "users.conf").read_text()
    write_private(
        node.directory / "rabbitmq.conf",
        re.sub(r"^(listeners|default_)\S+ = .*\n", "", own, flags=re.MULTILINE)
        + tls.replace(MOUNTED, str(place.secrets)).replace("= 5671", f"= {HOST}:{port}")
        + named.replace("/etc/rabbitmq/users/definitions.json", str(users)),
    )
    supervisor = Supervisor(directory)
    supervisor.start_daemon(node.programs(), os.environ)
    try:
        launch_broker(supervisor, node)
        eventually(lambda: is_open(port), within_s=60, every_s=0.2)
        yield place
    finally:
        supervisor.shut_down()


@contextmanager
def deployed_databases(directory: Path, place: Place) -> Iterator[Place]:
    """Run PostgreSQL with the files of `deploy/postgres/`; others must be let into `directory`."""
    cluster = start_cluster(directory)
    try:
        _make_roles(cluster, place)
        _close_to_all_but_tls(cluster, directory / "home", place)
        yield Place(place.secrets, place.broker_port, cluster.port)
    finally:
        Supervisor(directory).shut_down()


def _make_roles(cluster: Cluster, place: Place) -> None:
    login = {
        "PGHOST": HOST,
        "PGPORT": str(cluster.port),
        "PGUSER": "muster",
        "PGPASSWORD": cluster.password,
        "MUSTER_SECRETS": str(place.secrets),
    }
    script = DEPLOY / "postgres" / "databases.sh"
    subprocess.run([script], env=os.environ | login, check=True, capture_output=True)


def _close_to_all_but_tls(cluster: Cluster, home: Path, place: Place) -> None:
    settings = dict(re.findall(r"-c (\w+)=(\S+)", (DEPLOY / "postgres" / "start.sh").read_text()))
    for setting, name in (("ssl_cert_file", "postgres.pem"), ("ssl_key_file", "postgres.key")):
        settings[setting] = str(home / name)
        shutil.copy(place.secrets / name, home / name)
        (home / name).chmod(0o600)
    shutil.copy(DEPLOY / "postgres" / "pg_hba.conf", home / "data" / "pg_hba.conf")
    del settings["hba_file"]  # the one in the cluster's directory has become the same
    if os.getuid() == 0:
        entry = pwd.getpwnam("postgres")
        for file in (*home.glob("postgres.*"), home / "data" / "pg_hba.conf"):
            os.chown(file, entry.pw_uid, entry.pw_gid)
    with psycopg.connect(cluster.address("postgres"), autocommit=True) as connection:
        for name, value in settings.items():
            change = sql.SQL("ALTER SYSTEM SET {} = {}")
            connection.execute(change.format(sql.Identifier(name), sql.Literal(value)))
        connection.execute("SELECT pg_reload_conf()")
        asked = "SELECT setting FROM pg_settings WHERE name = 'ssl'"
        eventually(lambda: connection.execute(asked).fetchone() == ("on",))
