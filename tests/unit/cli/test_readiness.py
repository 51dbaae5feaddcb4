"""A process is asked whether it is ready, and its reason is passed on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from muster.cli.readiness import why_not_ready
from muster.observability.endpoint import PROCESS_ID


@contextmanager
def answering(status: int, reason: bytes, pid: int = 4711) -> Iterator[str]:
    """Yield the address of a process that gives this answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(reason)))
            self.send_header(PROCESS_ID, str(pid))
            self.end_headers()
            self.wfile.write(reason)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/readyz"
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"ready", None),
        (503, b"broker: away\n", "broker: away"),
        (500, b"", "answers 500"),
    ],
)
def test_the_reason_is_what_the_process_says(status: int, body: bytes, reason: str | None) -> None:
    """Whoever waits learns what for."""
    with answering(status, body) as url:
        assert why_not_ready(url) == reason


def test_a_process_that_is_not_there_does_not_answer() -> None:
    """That is a reason, too, and no error."""
    with answering(200, b"") as url:
        pass
    assert (why_not_ready(url) or "").startswith("does not answer: ")


def test_only_the_process_that_was_asked_for_counts() -> None:
    """At an address that two systems wanted, the other one is no proof that ours is ready."""
    with answering(200, b"ready", pid=4711) as url:
        assert why_not_ready(url, 4711) is None
        assert why_not_ready(url, 4712) == "another process answers at its address"
