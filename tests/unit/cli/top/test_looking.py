"""Looking at processes, broker and Prometheus that answer, and at those that do not."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from muster.cli.main import main
from muster.cli.top.command import run_top
from muster.cli.top.looking import Eyes, alerts_of
from muster.cli.top.places import Place, Places, find_places
from muster.clock import SystemClock
from muster.observability.endpoint import MetricsEndpoint

AWAY = "amqp://127.0.0.1:1/%2F"


@contextmanager
def worker(*reasons: str) -> Iterator[str]:
    """The endpoint of a real process, ready or not; its address."""
    endpoint = MetricsEndpoint("127.0.0.1", 0, lambda: list(reasons))
    port = endpoint.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        endpoint.close()


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    """A server that says the same to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def targets(directory: Path, **processes: str) -> Path:
    """A targets file as `muster up` writes it."""
    file = directory / "targets.json"
    groups = [
        {"targets": [address], "labels": {"job": "muster", "process": name}}
        for name, address in processes.items()
    ]
    file.write_text(json.dumps(groups))
    return file


def test_whoever_is_away_holds_up_nobody() -> None:
    """One process is ready, one is not, one is gone, and the broker with it."""
    with worker() as well, worker("broker: gone", "store of notify: gone") as unwell:
        places = Places(
            (
                Place("api", f"http://{well}"),
                Place("worker", f"http://{unwell}"),
                Place("relay", "http://127.0.0.1:1"),
            ),
            AWAY,
        )
        seen = Eyes(places, ["dispatch.requests"], SystemClock()).look()

    troubles = {each.name: each.trouble for each in seen.processes}
    assert troubles["api"] is None
    assert troubles["worker"] == "broker: gone; store of notify: gone"
    assert "does not answer" in str(troubles["relay"])
    assert seen.processes[0].exposition is not None
    assert "cannot be reached" in str(seen.broker_trouble)


def test_what_answers_without_metrics_is_no_process_of_ours() -> None:
    """Another server may have the address."""
    with answering(200, "{ nonsense") as address:
        seen = Eyes(Places((Place("api", address),), AWAY), [], SystemClock()).look()

    assert str(seen.processes[0].trouble).startswith("no metrics")


def test_a_password_that_is_not_there_is_told_and_all_else_is_shown() -> None:
    """The operator's login may not have it."""
    places = Places((), None, "MUSTER_AMQP_URL asks for a password")
    seen = Eyes(places, ["dispatch.requests"], SystemClock()).look()

    assert seen.broker_trouble == "MUSTER_AMQP_URL asks for a password"


def test_prometheus_tells_its_alerts() -> None:
    """By name, gravity, words and runbook; one that only may come is marked."""
    told = {
        "labels": {"alertname": "OutboxStuck", "severity": "page"},
        "annotations": {"summary": "matching says nothing", "runbook_url": "docs/x.md"},
        "state": "pending",
        "activeAt": "2026-03-02T08:00:00.123456789Z",
    }
    watchdog = {"labels": {"alertname": "Watchdog", "severity": "info"}, "state": "firing"}
    answer = {"status": "success", "data": {"alerts": [told, watchdog]}}
    with answering(200, json.dumps(answer)) as address:
        found, silence = alerts_of(address)

    assert silence is None
    assert found is not None
    assert len(found) == 1
    assert found[0].runbook == "docs/x.md"
    assert (found[0].name, found[0].severity) == ("OutboxStuck", "page")
    assert found[0].summary == "matching says nothing (pending)"
    assert found[0].since is not None


@pytest.mark.parametrize(("status", "body"), [(500, "{}"), (200, "no json"), (200, "{}")])
def test_a_prometheus_that_does_not_tell_is_a_reason_and_no_crash(status: int, body: str) -> None:
    """Whatever it answers."""
    with answering(status, body) as address:
        found, silence = alerts_of(address)

    assert found is None
    assert "Prometheus does not tell its alerts" in str(silence)


def test_a_targets_file_names_processes_and_broker(tmp_path: Path) -> None:
    """The one Prometheus reads serves here, too."""
    groups = [
        {"targets": ["a:1"], "labels": {"job": "muster", "process": "worker-2"}},
        {"targets": ["b:1", "b:2"], "labels": {"job": "muster", "process": "api"}},
        {"targets": ["c:1"], "labels": {"job": "rabbitmq"}},
    ]
    file = tmp_path / "targets.json"
    file.write_text(json.dumps(groups))
    places = find_places(None, file)

    assert [each.name for each in places.processes] == ["worker-2", "api b:1", "api b:2"]
    assert places.broker is not None
    assert places.broker.address == "http://c:1"


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> int | str | None:
    """Run the command and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["muster", "top", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize("content", ["{", "{}", "[1]", '[{"labels": {}}]', None])
def test_a_targets_file_that_cannot_be_used_says_what_it_has_to_be_like(
    content: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With an example to copy."""
    file = tmp_path / "targets.json"
    if content is not None:
        file.write_text(content)
    options = ("--targets", str(file), "--once")

    assert run(monkeypatch, *options) == 2
    assert '"process": "api"' in capsys.readouterr().err


def test_without_a_muster_it_says_how_to_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One on this machine, or the addresses of another."""
    monkeypatch.chdir(tmp_path)

    assert run(monkeypatch, "--once") == 2
    said = capsys.readouterr().err
    assert "muster up" in said
    assert "--targets" in said


def test_once_prints_plain_text_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For cron and for mails: no colours, no cursor."""
    monkeypatch.setenv("MUSTER_AMQP_URL", AWAY)
    with worker() as address:
        code = run(monkeypatch, "--targets", str(targets(tmp_path, relay=address)), "--once")

    said = capsys.readouterr().out
    assert code == 0
    assert "\x1b" not in said
    assert "PROCESS" in said
    assert "relay" in said


class EndingAfter(StringIO):
    """A terminal that is left with Ctrl-C when it has been told something so often."""

    def __init__(self, word: str, times: int, *, terminal: bool) -> None:
        super().__init__()
        self._word, self._times, self._terminal = word, times, terminal

    def isatty(self) -> bool:
        """Whether it is one."""
        return self._terminal

    def write(self, text: str) -> int:
        """Take it down, and end if it was enough."""
        written = super().write(text)
        if self.getvalue().count(self._word) >= self._times:
            self._times = sys.maxsize
            raise KeyboardInterrupt
        return written


@pytest.mark.parametrize(("term", "terminal"), [("xterm", True), ("dumb", True), ("xterm", False)])
def test_it_looks_again_and_again_until_it_is_ended(
    term: str, terminal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place on a terminal, one below the other where there is none or a dumb one."""
    monkeypatch.setenv("MUSTER_AMQP_URL", AWAY)
    monkeypatch.setenv("TERM", term)
    out = EndingAfter("PROCESS", 3, terminal=terminal)
    with worker() as address:
        file = targets(tmp_path, relay=address)
        run_top(None, file, None, 0.01, once=False, console=Console(file=out, width=120))

    moves = "\x1b[?1049h" in out.getvalue()  # to the terminal's other screen
    assert moves == (terminal and term != "dumb")
    assert out.getvalue().count("PROCESS") >= 3
