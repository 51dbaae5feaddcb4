"""The supervisor: what it starts, starts again, and ends."""

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from muster.cli.leftovers import end_leftovers
from muster.cli.supervise import Process, Program, Supervisor
from muster.cli.waiting import wait_for_end
from tests.waiting import eventually

SLEEPER = Program("sleeper", ("sleep", "600"))
Supervised = Callable[[Program], Supervisor]


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    """Start a supervisor with one program, and end it with the test."""
    supervisor = Supervisor(tmp_path)

    def start(program: Program) -> Supervisor:
        supervisor.start_daemon([program], os.environ)
        supervisor.start(program.name)
        return supervisor

    yield start
    supervisor.shut_down()


def only(supervisor: Supervisor) -> Process:
    """The one process of a supervisor."""
    (process,) = supervisor.processes()
    return process


def pid_other_than(supervisor: Supervisor, before: int) -> int:
    """The pid of the only process if it has one and it is another, else 0."""
    pid = only(supervisor).pid
    return 0 if pid == before else pid


def test_a_process_that_is_killed_comes_back_under_another_pid(supervised: Supervised) -> None:
    """Nobody has to look after it."""
    supervisor = supervised(SLEEPER)
    before = only(supervisor).pid
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: pid_other_than(supervisor, before))


def test_starting_twice_and_stopping_twice_is_fine(supervised: Supervised) -> None:
    """Commands may be repeated."""
    supervisor = supervised(SLEEPER)
    supervisor.start("sleeper")
    supervisor.stop_all(["sleeper"])
    supervisor.stop_all(["sleeper"])
    assert not only(supervisor).running


def test_a_process_that_ends_at_once_is_seen_with_its_last_words(supervised: Supervised) -> None:
    """Whoever waits for it can say why it does not come."""
    words = "import sys; sys.exit('no such table')"
    supervisor = supervised(Program("loser", (sys.executable, "-c", words)))
    eventually(lambda: not only(supervisor).running)
    assert only(supervisor).last_lines() == ["no such table"]


def test_after_the_supervisor_itself_is_killed_its_processes_are_found_and_ended(
    supervised: Supervised, tmp_path: Path
) -> None:
    """Two brokers never run over one store."""
    supervisor = supervised(SLEEPER)
    orphan = only(supervisor).pid
    own_pid = int((tmp_path / "supervisor" / "supervisord.pid").read_text())
    os.kill(own_pid, signal.SIGKILL)
    wait_for_end(own_pid, within_s=5)
    assert not supervisor.alive()
    assert end_leftovers(tmp_path) == [orphan]


def test_a_directory_with_a_long_name_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel limits a socket's path to 107 bytes; users do not know. Nothing is left behind."""
    elsewhere = Path(tempfile.mkdtemp())
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    deep = tmp_path / ("long-" * 20)
    supervisor = Supervisor(deep)
    supervisor.start_daemon([SLEEPER], os.environ)
    assert supervisor.alive()
    assert list(elsewhere.iterdir())
    supervisor.shut_down()
    assert not supervisor.alive()
    elsewhere.rmdir()


def test_secrets_in_the_environment_are_inherited_but_not_written_down(
    supervised: Supervised, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration may be read aloud; odd characters survive."""
    monkeypatch.setenv("MUSTER_AMQP_URL", "amqp://u:50%\"; #'@host/%2F")
    code = "import os, time; print(os.environ['MUSTER_AMQP_URL'], flush=True); time.sleep(600)"
    supervisor = supervised(Program("printer", (sys.executable, "-c", code)))
    eventually(lambda: only(supervisor).last_lines())
    assert only(supervisor).last_lines() == ["amqp://u:50%\"; #'@host/%2F"]
    assert "amqp" not in (tmp_path / "supervisor" / "supervisord.conf").read_text()
