"""The `muster` command: what it says when it cannot do what was asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from muster.cli.deployment import Options, load, prepare
from muster.cli.errors import CannotRun
from muster.cli.main import main

AMQP_URL = "amqp://somebody:secret@broker.example/%2F"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Run a command line and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["muster", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_status_of_nothing_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And its exit code tells scripts that it is not ready."""
    assert run(monkeypatch, "status", "--directory", str(tmp_path)) == 1
    assert "muster up" in capsys.readouterr().out


def test_down_of_nothing_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be repeated, and does not make a directory."""
    directory = tmp_path / "never"
    assert run(monkeypatch, "down", "--directory", str(directory)) == 0
    assert "was not running" in capsys.readouterr().out
    assert not directory.exists()


def test_wrong_settings_are_all_named_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has to correct them one by one."""
    monkeypatch.setenv("MUSTER_HTTP_PORT", "99999")
    monkeypatch.setenv("MUSTER_SERVICES", "registry,kitchen")
    assert run(monkeypatch, "api") == 2
    errors = capsys.readouterr().err
    assert "MUSTER_HTTP_PORT" in errors
    assert "MUSTER_SERVICES" in errors
    assert "Traceback" not in errors


def test_everything_that_keeps_an_api_from_starting_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Settings of the platform and of services, addresses and keys: each by its variable."""
    (tmp_path / "private.pem").write_text("no key")
    monkeypatch.setenv("MUSTER_DATABASE_URL", "mysql://muster:secret@db/muster")
    monkeypatch.setenv("MUSTER_TOKEN_PUBLIC_KEY_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("MUSTER_TOKEN_PRIVATE_KEY_FILE", str(tmp_path / "private.pem"))
    monkeypatch.setenv("MUSTER_SMTP_PORT", "many")
    monkeypatch.setenv("MUSTER_WEIGHT_LOCAL", "x")

    assert run(monkeypatch, "api") == 2

    errors = capsys.readouterr().err
    assert "MUSTER_DATABASE_URL: 'mysql' is not a store Muster knows" in errors
    assert "MUSTER_TOKEN_PUBLIC_KEY_FILE: " in errors
    assert "missing.pem cannot be used: No such file or directory" in errors
    assert "private.pem cannot be used" in errors
    assert "MUSTER_SMTP_PORT" in errors
    assert "MUSTER_WEIGHT_LOCAL" in errors
    assert "secret" not in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("process", ["worker", "relay"])
def test_an_address_that_cannot_be_read_is_named_without_its_password(
    process: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the level of the logs with it, in one go."""
    monkeypatch.setenv("MUSTER_AMQP_URL", "http://muster:secret@rabbit/")
    monkeypatch.setenv("MUSTER_DATABASE_URL", "postgresql+psycopg://{password}@db/muster")

    assert run(monkeypatch, process) == 2

    errors = capsys.readouterr().err
    assert "MUSTER_AMQP_URL: The AMQP address cannot be read; write amqp://" in errors
    assert "MUSTER_DATABASE_PASSWORD_FILE" in errors
    assert "secret" not in errors


def test_a_level_of_the_logs_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With those that do."""
    monkeypatch.setenv("MUSTER_LOG_LEVEL", "LOUD")
    assert run(monkeypatch, "relay") == 2
    assert "MUSTER_LOG_LEVEL: choose from DEBUG, INFO" in capsys.readouterr().err


def test_a_worker_refuses_wrong_settings_of_its_services_before_it_waits_for_the_broker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever made the mistake learns of it at once, whether there is a broker or not."""
    monkeypatch.setenv("MUSTER_AMQP_URL", "amqp://127.0.0.1:1/%2F")
    monkeypatch.setenv("MUSTER_WEIGHT_LOCAL", "x")
    assert run(monkeypatch, "worker") == 2
    assert "MUSTER_WEIGHT_LOCAL" in capsys.readouterr().err


def test_settings_that_do_not_fit_together_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights add up to 1: all seven are shown, for any of them may be the wrong one."""
    monkeypatch.setenv("MUSTER_WEIGHT_PRICE", "0.9")
    assert run(monkeypatch, "api") == 2
    errors = capsys.readouterr().err
    assert "  the weights add up to 1.75; let them add up to 1." in errors
    assert "MUSTER_WEIGHT_ARRIVAL=0.3" in errors
    assert "MUSTER_:" not in errors


@pytest.mark.parametrize("process", ["api", "worker", "relay"])
def test_no_process_starts_without_a_safeguard_outside_of_a_test(
    process: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever sets the switch by mistake is told at once."""
    monkeypatch.setenv("MUSTER_WITHOUT", "inbox")
    assert run(monkeypatch, process) == 2
    assert "MUSTER_WITHOUT would make Muster fail on purpose" in capsys.readouterr().err


def test_a_real_worker_says_what_to_do_about_a_missing_safeguard() -> None:
    """It ends before it has begun anything."""
    command = (sys.executable, "-m", "muster", "worker")
    environment = dict(os.environ) | {"MUSTER_WITHOUT": "inbox"}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 2
    assert "MUSTER_WITHOUT would make Muster fail on purpose" in ended.stderr
    assert "Unset it; a test that means it sets MUSTER_TESTING=yes." in ended.stderr


def test_a_safeguard_that_is_unknown_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A test that misspelt it would prove nothing."""
    monkeypatch.setenv("MUSTER_TESTING", "yes")
    monkeypatch.setenv("MUSTER_WITHOUT", "inbox,kitchen")
    assert run(monkeypatch, "relay") == 2
    assert "MUSTER_WITHOUT: unknown safeguards ['kitchen']" in capsys.readouterr().err


def test_a_process_that_is_not_there_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The health check fails and says why."""
    assert run(monkeypatch, "ready", "http://127.0.0.1:1/readyz") == 1
    assert "does not answer" in capsys.readouterr().err


def test_with_a_broker_of_ones_own_no_node_is_prepared(tmp_path: Path) -> None:
    """RabbitMQ need not even be installed."""
    deployment = prepare(Options(tmp_path / "own", amqp_url=AMQP_URL))
    assert deployment.node is None
    assert deployment.amqp_url == AMQP_URL
    assert [program.name for program in deployment.programs()] == ["api", "worker", "relay"]
    assert load(tmp_path / "own") == deployment


def test_several_workers_have_names_and_ports_of_their_own(tmp_path: Path) -> None:
    """And run the same command; whoever loads the deployment finds as many."""
    deployment = prepare(Options(tmp_path / "own", amqp_url=AMQP_URL, workers=3))
    names = ["api", "worker", "worker-2", "worker-3", "relay"]
    assert [program.name for program in deployment.programs()] == names
    assert [program.command[-1] for program in deployment.programs()] == [
        *("api", "worker", "worker", "worker", "relay")
    ]
    assert len({deployment.address(name) for name in names}) == 5
    assert load(tmp_path / "own") == deployment


def test_each_process_has_a_port_and_all_share_the_settings(tmp_path: Path) -> None:
    """Everything a process needs is in its environment."""
    deployment = prepare(Options(tmp_path / "own", amqp_url=AMQP_URL))
    addresses = {deployment.address(name) for name in ("api", "worker", "relay")}
    assert len(addresses) == 3
    environment = deployment.environment({"MUSTER_SMTP_HOST": "mail"})
    assert environment["MUSTER_AMQP_URL"] == AMQP_URL
    assert environment["MUSTER_SMTP_HOST"] == "mail"
    assert environment["MUSTER_DATABASE_URL"].endswith("/data/{service}.db")


def test_loading_what_was_never_prepared_says_so(tmp_path: Path) -> None:
    """Instead of a missing file."""
    with pytest.raises(CannotRun, match="muster up"):
        load(tmp_path)
