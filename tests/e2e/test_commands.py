"""`muster up`, `status` and `down`: the processes as a user starts, watches and stops them."""

import os
import signal
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest

from muster.cli import deployment
from muster.cli.amqp_probe import speaks_amqp
from muster.cli.deployment import Options
from muster.cli.down import stop
from muster.cli.node import Node
from muster.cli.ports import remembered_ports
from muster.cli.running import current_processes
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from tests.e2e.commands import muster, told, up
from tests.servers.postgres import Cluster
from tests.servers.rabbitmq import fresh_vhost
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

EVERYTHING = {"rabbitmq", "api", "worker", "relay"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a system that is up."""
    directory = tmp_path_factory.mktemp("system") / ".muster"
    up(directory)
    yield directory
    muster(directory, "down")


def pids(directory: Path) -> dict[str, int]:
    """The process ids that run.json tells."""
    return {each["name"]: each["pid"] for each in told(directory, "run.json")["processes"]}


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def all_ready(directory: Path) -> bool:
    """Whether `muster status` says so."""
    return muster(directory, "status").returncode == 0


def test_run_json_tells_where_everything_is(system: Path) -> None:
    """Each process by name, with the pid it has and metrics that can be read."""
    run = told(system, "run.json")
    assert run["amqp_url"].startswith("amqp://")
    assert httpx.get(run["api"] + "/readyz").status_code == 200
    assert set(pids(system)) == EVERYTHING
    for process in run["processes"]:
        assert alive(process["pid"])
        assert "# TYPE" in httpx.get(process["metrics"]).text


def test_the_credentials_are_an_operators_and_private(system: Path) -> None:
    """They get a token, and nobody else on this machine can read them."""
    mine = told(system, "credentials.json")
    login = (mine["client_id"], mine["client_secret"])
    answer = httpx.post(
        mine["token_url"], data={"grant_type": "client_credentials"}, auth=login
    ).json()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    api = told(system, "run.json")["api"]
    assert httpx.get(f"{api}/v1/organisations", headers=headers).status_code == 200
    for file in ("credentials.json", "run.json", "keys/token.pem", "rabbitmq/password"):
        assert (system / file).stat().st_mode & 0o777 == 0o600


def test_up_a_second_time_changes_nothing(system: Path) -> None:
    """It says so, keeps every process, and does not make another operator."""
    before = pids(system), told(system, "credentials.json")
    assert "runs already" in up(system)
    assert (pids(system), told(system, "credentials.json")) == before


def test_up_with_another_broker_is_refused_while_it_runs(system: Path) -> None:
    """Two truths about one system would be worse than a refusal."""
    refused = muster(system, "up", "--amqp-url", "amqp://elsewhere/")
    assert refused.returncode == 1
    assert "muster down" in refused.stderr


@pytest.mark.parametrize("name", ["api", "worker", "relay", "rabbitmq"])
def test_what_is_killed_is_started_again_and_told_by_status(system: Path, name: str) -> None:
    """The supervisor restarts it; status gives its new pid and, in time, says it is ready."""
    before = current_processes(system)[name].pid
    os.kill(before, signal.SIGKILL)
    eventually(lambda: current_processes(system)[name].pid not in (0, before), within_s=10)
    eventually(lambda: all_ready(system), within_s=60, every_s=0.5)
    assert pids(system)[name] == current_processes(system)[name].pid != before


def test_after_its_supervisor_is_killed_up_starts_all_anew_at_the_same_addresses(
    system: Path,
) -> None:
    """What it left behind is ended first: nothing runs twice over the same data."""
    before, orphans = told(system, "run.json"), pids(system)
    os.kill(int((system / "supervisor" / "supervisord.pid").read_text()), signal.SIGKILL)
    up(system)
    after = told(system, "run.json")
    assert (after["api"], after["amqp_url"]) == (before["api"], before["amqp_url"])
    assert not set(pids(system).values()) & set(orphans.values())
    assert all_ready(system)


@pytest.mark.postgres
def test_it_runs_on_a_broker_and_databases_of_ones_own(
    tmp_path: Path, rabbitmq_node: Node, postgres: Cluster
) -> None:
    """Then no broker is started, and down leaves both alone."""
    directory = tmp_path / ".muster"
    broker, databases = fresh_vhost(rabbitmq_node), postgres.fresh_databases(OWNERS)
    up(directory, "--amqp-url", broker, "--database-url", databases)
    assert set(pids(directory)) == EVERYTHING - {"rabbitmq"}
    assert all_ready(directory)
    assert not list((directory / "data").iterdir())
    assert muster(directory, "down").returncode == 0
    assert speaks_amqp("127.0.0.1", rabbitmq_node.ports["amqp"])


def test_databases_that_are_not_there_are_named_with_what_to_check(tmp_path: Path) -> None:
    """And nothing is left running."""
    directory = tmp_path / ".muster"
    nowhere = "postgresql+psycopg://nobody:secret@127.0.0.1:1/{service}"
    refused = muster(directory, "up", "--amqp-url", "amqp://127.0.0.1:1", "--database-url", nowhere)
    assert refused.returncode == 1
    assert "--database-url" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not current_processes(directory)


def test_down_ends_every_process_and_keeps_the_data(tmp_path: Path) -> None:
    """Up again finds what was there; only --erase deletes it."""
    directory = tmp_path / ".muster"
    up(directory)
    first, credentials = current_processes(directory), told(directory, "credentials.json")
    assert muster(directory, "down").returncode == 0
    assert not [each.name for each in first.values() if alive(each.pid)]
    assert not (directory / "run.json").exists()
    assert not all_ready(directory)

    up(directory)
    assert told(directory, "credentials.json") == credentials
    assert muster(directory, "down", "--erase").returncode == 0
    assert not directory.exists()


def test_an_address_that_somebody_took_meanwhile_is_given_up_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between choosing a port and using it, another program may come first."""
    chosen: list[dict[str, int]] = []

    def choose(file: Path, wanted: Iterable[str], preferred: dict[str, int]) -> dict[str, int]:
        ports = remembered_ports(file, wanted, preferred)
        if not chosen and "api" in ports:
            ports["api"] = taken
        chosen.append(ports)
        return ports

    directory = tmp_path / ".muster"
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        taken = somebody.getsockname()[1]
        monkeypatch.setattr(deployment, "remembered_ports", choose)
        running = start(Options(directory))
    stop(directory)

    assert not running.api.endswith(f":{taken}")
