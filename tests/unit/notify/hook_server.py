"""A real HTTP server on loopback that webhooks are posted to."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast


class HookServer(ThreadingHTTPServer):
    """Keeps what is posted; answers as told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.connections: set[Any] = set()
        self.answers: list[tuple[int, dict[str, str]]] = []  # then 204 for ever
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.trickles = False
        self.guard = threading.Lock()

    @property
    def url(self) -> str:
        """Return where to post."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def next_answer(self) -> tuple[int, dict[str, str]]:
        """Return the next answer to give."""
        with self.guard:
            return self.answers.pop(0) if self.answers else (204, {})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 5  # seconds: a client that distrusts us says nothing more

    def do_POST(self) -> None:
        server = cast(HookServer, self.server)
        body = self.rfile.read(int(self.headers["content-length"]))
        with server.guard:
            server.posts.append(({k.lower(): v for k, v in self.headers.items()}, body))
            server.connections.add(self.client_address)
        if server.trickles:
            self._trickle()
            return
        server.may_answer.wait(10)
        status, headers = server.next_answer()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def _trickle(self) -> None:
        """Send the head of an answer byte by byte, without end."""
        pause = threading.Event()
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
            while not pause.wait(0.05):
                self.wfile.write(b"a")
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


@contextmanager
def hook_server(identity: Path | None = None) -> Iterator[HookServer]:
    """Run a server, over TLS if it has an identity (key and certificate in one file)."""
    server = HookServer()
    if identity is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()
