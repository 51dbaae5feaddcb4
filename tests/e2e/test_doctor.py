"""`muster doctor` and `muster top` as an operator types them, on a Muster that is well and not."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from muster.cli.node import Node, load_node
from muster.cli.supervise import Supervisor
from tests.e2e.commands import muster, up
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

STATE = (
    ("list_queues", "name", "durable", "arguments", "consumers"),  # messages come and go
    ("list_bindings",),
    ("list_exchanges", "name", "type"),
    ("list_permissions",),
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a system that is up."""
    directory = tmp_path_factory.mktemp("doctor") / ".muster"
    up(directory)
    yield directory
    muster(directory, "down")


def examined(directory: Path) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of the doctor, and what it found."""
    done = muster(directory, "doctor", "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["findings"]


def to_mend(directory: Path) -> str:
    """All that has to be mended, as one text; the doctor ends with 1."""
    code, findings = examined(directory)
    assert code == 1
    return "\n".join(each["what"] for each in findings if each["level"] == "trouble")


def healthy(directory: Path) -> bool:
    """Whether all is well."""
    return examined(directory)[0] == 0


def broker(directory: Path) -> Node:
    """The system's own RabbitMQ."""
    return load_node(directory / "rabbitmq")


def state_of(node: Node) -> list[list[str]]:
    """All that RabbitMQ has, as its own tools tell it."""
    return [sorted(node.control(*command).splitlines()) for command in STATE]


def top(directory: Path) -> str:
    """What the operator sees at one look."""
    done = muster(directory, "top", "--once")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_healthy_system_is_found_well_and_is_not_changed(system: Path) -> None:
    """Exit code 0, every check with something to say, and RabbitMQ just as it was."""
    eventually(lambda: healthy(system), within_s=60, every_s=1)
    before = state_of(broker(system))
    code, findings = examined(system)

    assert code == 0
    assert {each["level"] for each in findings} <= {"well", "note"}
    checks = {each["check"] for each in findings}
    assert {"settings", "broker rights", "bindings", "migrations", "processes"} <= checks
    assert state_of(broker(system)) == before


def test_a_healthy_system_is_shown_with_all_its_processes_and_queues(system: Path) -> None:
    """Nothing to page for, figures from everybody."""
    eventually(lambda: "ALERTS by these figures: none" in top(system), within_s=60, every_s=1)
    shown = {line.split()[0]: line for line in top(system).splitlines() if line.split()}

    for name in ("api", "worker", "relay", "rabbitmq"):
        assert shown[name].rstrip().endswith("yes")
        assert "MiB" in shown[name]
    assert shown["dispatch.requests"].split()[1:3] == ["0", "1"]
    assert shown["matching"].split()[1] == "0"


def test_a_permission_that_was_revoked_is_found(system: Path) -> None:
    """And is well again once it is given back."""
    node = broker(system)
    user = ("set_permissions", "--vhost", "/", "muster_dispatch")
    rights = next(
        line.split("\t")
        for line in node.control("list_permissions").splitlines()
        if line.startswith("muster_dispatch\t")
    )
    node.control(*user, *rights[1:3], "^$")
    try:
        assert "dispatch may not read the queue dispatch." in to_mend(system)
    finally:
        node.control(*user, *rights[1:4])
    eventually(lambda: healthy(system), within_s=60, every_s=1)


def test_a_missing_queue_and_an_old_database_are_found(system: Path) -> None:
    """With the worker away, which would make the queue again; both commands show that, too."""
    supervisor = Supervisor(system)
    supervisor.stop_all(["worker"])
    broker(system).control("delete_queue", "dispatch.requests")
    file = system / "data" / "notify.db"
    try:
        head = set_revision(file, "0001")
        mend, shown = to_mend(system), top(system)
    finally:
        set_revision(file, head)
        supervisor.start("worker")

    assert "The queue dispatch.requests is missing" in mend
    assert "dispatch.requests is not bound to matching.events" in mend
    assert "The database of notify is at 0001" in mend
    assert "Nobody takes from matching.sourcing" in mend
    assert "worker is not ready" in mend
    assert "QueueMissing: dispatch.requests" in shown
    assert "NoConsumers" in shown
    eventually(lambda: healthy(system), within_s=90, every_s=1)


def test_a_broker_that_is_away_is_found_and_shown(system: Path) -> None:
    """All that needs no broker is looked at none the less."""
    supervisor = Supervisor(system)
    supervisor.stop_all(["rabbitmq"])
    try:
        mend, shown = to_mend(system), top(system)
        checks = {each["check"] for each in examined(system)[1] if each["level"] == "well"}
    finally:
        supervisor.start("rabbitmq")

    assert "cannot be reached" in mend
    assert {"databases", "migrations", "rules", "token keys"} <= checks
    assert "BrokerDown" in shown
    assert "MiB" in next(line for line in shown.splitlines() if line.startswith("api "))
    eventually(lambda: healthy(system), within_s=90, every_s=1)


def set_revision(file: Path, revision: str) -> str:
    """Have a database say that this was its last migration; return what it said before."""
    with closing(sqlite3.connect(file)) as connection, connection:
        [(before,)] = connection.execute("SELECT version_num FROM alembic_version")
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    return str(before)
