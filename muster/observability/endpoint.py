"""Metrics, liveness and readiness of a process that serves no HTTP otherwise."""

import json
import os
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from muster.observability.exposition import exposition

# Tells who is ready: at an address that two processes wanted, it may be the other one.
PROCESS_ID = "X-Process-Id"

_TEXT = "text/plain; charset=utf-8"


class MetricsEndpoint:
    """A small HTTP server with /metrics, /healthz and /readyz, in threads of its own.

    `ready` returns the reasons why the process cannot work yet (none: ready). It is called from
    another thread for each question.
    """

    def __init__(self, host: str, port: int, ready: Callable[[], list[str]]) -> None:
        self._host = host
        self._port = port
        self._ready = ready
        self._server: WSGIServer | None = None

    def start(self) -> int:
        """Start to answer; return the port, which matters where 0 asked for a free one."""
        server = make_server(
            self._host,
            self._port,
            self._answer,
            server_class=_ThreadingServer,
            handler_class=_QuietHandler,
        )
        self._server = server
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        return server.server_port

    def close(self) -> None:
        """Stop answering; idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        status, content_type, body = self._page(
            environ.get("PATH_INFO", "/"), environ.get("HTTP_ACCEPT", "")
        )
        start(
            status,
            [
                ("Content-Type", content_type),
                ("Content-Length", str(len(body))),
                (PROCESS_ID, str(os.getpid())),
            ],
        )
        return [body]

    def _page(self, path: str, accept: str) -> tuple[str, str, bytes]:
        if path == "/metrics":
            return "200 OK", *exposition(accept)
        if path == "/healthz":
            return "200 OK", _TEXT, b"ok"
        if path == "/readyz":
            reasons = self._reasons()
            if not reasons:
                return "200 OK", _TEXT, b"ready"
            return "503 Service Unavailable", "application/json", json.dumps(reasons).encode()
        return "404 Not Found", _TEXT, b"There is only /metrics, /healthz and /readyz."

    def _reasons(self) -> list[str]:
        try:
            return self._ready()
        except Exception as error:
            return [f"the check failed: {error}"]


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    timeout = 10  # seconds a client may take over its request

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing: these questions come every few seconds."""
