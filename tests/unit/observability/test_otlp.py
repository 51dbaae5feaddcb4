"""Spans on their way to a collector: what arrives, and what a collector that is away does to us."""

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from muster.cli.bootstrap import open_tracer
from muster.observability.otlp import CLOSE_SECONDS, ToldOnce, open_sink
from muster.observability.spans import Kind, Tracer
from muster.settings import Settings
from tests.collector import collector
from tests.waiting import eventually


@contextmanager
def silence() -> Iterator[str]:
    """Give the address of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def nobody() -> Iterator[str]:
    """Give an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


def sending_threads() -> list[str]:
    """Return the threads that send spans."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("OtelBatch")]


def test_a_collector_gets_what_was_done() -> None:
    """Names, ids, parents, attributes and errors, when the process ends at the latest."""
    with collector() as server:
        tracer = Tracer(open_sink(server.url, "worker"), 1)
        parent = tracer.start("above", Kind.SERVER)
        span = tracer.start("below", Kind.CONSUMER, parent.context)
        span.attributes["muster.attempt"] = 2
        span.fail(ValueError("no"))
        span.end()
        parent.end()
        tracer.close()

    ((path, request),) = server.got
    (resource,) = request.resource_spans
    names = {each.key: each.value.string_value for each in resource.resource.attributes}
    below, above = resource.scope_spans[0].spans
    assert path == "/v1/traces"
    assert names["service.name"] == "muster-worker"
    assert (below.name, above.name) == ("below", "above")
    assert below.trace_id.hex() == above.trace_id.hex() == parent.context.trace_id
    assert below.parent_span_id.hex() == above.span_id.hex() == parent.context.span_id
    assert below.span_id.hex() == span.context.span_id
    assert above.parent_span_id == b""
    assert below.status.message == "ValueError: no"
    assert {each.key for each in below.attributes} == {"muster.attempt", "error.type"}
    assert below.end_time_unix_nano >= below.start_time_unix_nano


@pytest.mark.parametrize("away", [nobody, silence])
def test_a_collector_that_is_away_holds_up_nobody(away: Any) -> None:
    """Neither what is traced, nor the end of the process; and its thread ends with it."""
    with away() as address:
        tracer = Tracer(open_sink(address, "relay"), 1)
        began = monotonic()
        for _ in range(10_000):  # more than are kept for later
            tracer.start("lost", Kind.INTERNAL).end()
        spent = monotonic() - began
        began = monotonic()
        tracer.close()
        closing = monotonic() - began

    assert spent < 5
    assert closing < CLOSE_SECONDS + 1
    eventually(lambda: not sending_threads())


def test_a_collector_that_is_away_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """And once more when it takes spans again."""
    exporter = ToldOnce(_Moody([False, False, True, True]), "http://collector")
    with caplog.at_level(logging.INFO, "muster.tracing"):
        for _ in range(4):
            exporter.export([])

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


class _Moody(SpanExporter):
    """Takes batches or not, as told."""

    def __init__(self, takes: list[bool]) -> None:
        self._takes = takes

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS if self._takes.pop(0) else SpanExportResult.FAILURE


def test_while_tracing_is_off_nothing_of_it_is_imported() -> None:
    """It would cost memory and time at each start, for nothing. (FastAPI imports the bare API.)"""
    program = (
        "import sys, muster.cli.processes, muster.cli.bootstrap as bootstrap; "
        "from muster.settings import Settings; "
        "[bootstrap.subscriptions_class(each) for each in Settings().services]; "
        "[bootstrap.router_of(each) for each in Settings().services]; "
        "assert bootstrap.open_tracer(Settings(), 'api') is None; "
        "off = ('opentelemetry.sdk', 'opentelemetry.exporter', 'google.protobuf'); "
        "print([name for name in sys.modules if name.startswith(off)])"
    )
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_tracing_is_on_where_a_ratio_and_an_address_are_given() -> None:
    """Either alone is off, or a mistake."""
    endpoint = {"otlp_endpoint": "http://127.0.0.1:9"}
    assert open_tracer(Settings.model_validate(endpoint), "api") is None
    tracer = open_tracer(Settings.model_validate(endpoint | {"trace_sample_ratio": 0.5}), "api")
    assert tracer is not None
    tracer.close()
    with pytest.raises(ValueError, match="MUSTER_OTLP_ENDPOINT"):
        Settings(trace_sample_ratio=0.5)
