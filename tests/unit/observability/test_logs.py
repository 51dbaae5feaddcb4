"""Log lines are JSON objects that say what they belong to."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from muster.observability.logs import configure_logging, correlation
from muster.observability.spans import Kind
from muster.observability.tracing import during
from tests.spans import Traces

log = logging.getLogger("muster.test")

Lines = list[dict[str, Any]]
Logged = Callable[[Callable[[], None]], Lines]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Logged:
    """Run something with logging as a process sets it up; return the lines it wrote."""

    def run(write: Callable[[], None]) -> Lines:
        root = logging.getLogger()
        with monkeypatch.context() as patch:
            patch.setattr(root, "handlers", [])  # pytest's own handlers must survive
            patch.setattr(root, "level", root.level)
            configure_logging("info", "worker")
            write()
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return run


def test_a_line_names_process_time_level_and_logger(logged: Logged) -> None:
    """So that lines of several processes can be read together."""
    (line,) = logged(lambda: log.info("hello %s", "world", extra={"thing": 7}))
    assert line["message"] == "hello world"
    assert (line["level"], line["logger"], line["process"]) == ("INFO", "muster.test", "worker")
    assert (line["thing"], line["correlation_id"]) == (7, "")
    assert line["time"].endswith("+00:00")


def test_a_line_carries_what_its_thread_is_working_on(logged: Logged) -> None:
    """Unless it says so itself."""

    def write() -> None:
        token = correlation.set("cor_1")
        log.warning("here")
        log.warning("there", extra={"correlation_id": "cor_2"})
        correlation.reset(token)

    assert [line["correlation_id"] for line in logged(write)] == ["cor_1", "cor_2"]


def test_a_traceback_stays_on_its_line(logged: Logged) -> None:
    """One event, one line."""

    def write() -> None:
        try:
            int("boom")
        except ValueError:
            log.exception("failed")

    (line,) = logged(write)
    assert "ValueError: invalid literal" in line["exc_info"]


def test_what_is_below_the_level_is_not_written(logged: Logged) -> None:
    """The level is the operator's choice."""
    assert logged(lambda: log.debug("chatter")) == []


def test_a_line_carries_the_trace_of_what_is_being_done(logged: Logged) -> None:
    """Kept or not: it holds together what several processes write about one journey."""
    tracer = Traces().tracer
    span = tracer.start("something", Kind.INTERNAL)

    def write() -> None:
        log.warning("before")
        with during(span):
            log.warning("inside")

    before, inside = logged(write)
    assert "trace_id" not in before
    assert (inside["trace_id"], inside["span_id"]) == (span.context.trace_id, span.context.span_id)
