"""Where e-mails and webhooks arrive, with the ids they came under."""

import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Received:
    """What arrived. Several threads write it, one at a time."""

    mails: Counter[str] = field(default_factory=Counter)  # by Message-ID
    webhooks: Counter[str] = field(default_factory=Counter)  # by webhook-id and path
    _at_next_mail: Callable[[], None] | None = None
    _at_next_webhook: Callable[[], None] | None = None
    _ids_of: dict[bytes, set[str]] = field(default_factory=lambda: defaultdict(set))
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def mail(self, content: bytes) -> None:
        """Note an e-mail."""
        with self._turn:
            self.mails[str(BytesHeaderParser().parsebytes(content)["Message-ID"])] += 1
            call, self._at_next_mail = self._at_next_mail, None
        if call is not None:
            call()

    def webhook(self, path: str, webhook_id: str, body: bytes) -> None:
        """Note a webhook."""
        message = orjson.loads(body)
        content = orjson.dumps([path, message["type"], message["data"]])
        with self._turn:
            self.webhooks[f"{webhook_id} at {path}"] += 1
            self._ids_of[sha256(content).digest()].add(webhook_id)
            call, self._at_next_webhook = self._at_next_webhook, None
        if call is not None:
            call()

    def at_next_mail(self, call: Callable[[], None]) -> None:
        """Call this when the next e-mail has arrived, before its sender is told so."""
        with self._turn:
            self._at_next_mail = call

    def at_next_webhook(self, call: Callable[[], None]) -> None:
        """Call this when the next webhook has arrived, before its sender is told so."""
        with self._turn:
            self._at_next_webhook = call

    @property
    def doubled(self) -> tuple[str, ...]:
        """Return the webhooks that told the same under several ids: nobody can tell them apart."""
        with self._turn:
            return tuple(f"webhooks {sorted(ids)}" for ids in self._ids_of.values() if len(ids) > 1)

    @property
    def repeated(self) -> dict[str, int]:
        """Return how many came again under the same id."""
        with self._turn:
            counted = {"mails": self.mails, "webhooks": self.webhooks}
            return {
                name: again for name, ids in counted.items() if (again := ids.total() - len(ids))
            }


@dataclass(frozen=True)
class Sinks:
    """A mail server and a place for webhooks, on loopback."""

    received: Received
    mail_port: int
    webhook_url: str

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings of a system that is to send here."""
        return {
            "MUSTER_SMTP_HOST": "127.0.0.1",
            "MUSTER_SMTP_PORT": str(self.mail_port),
            "MUSTER_OPERATOR_EMAIL": "watch@load.example",
            "MUSTER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        }


@contextmanager
def sinks() -> Iterator[Sinks]:
    """Listen until the context ends."""
    received = Received()
    mail = Controller(_Mailbox(received), hostname="127.0.0.1", port=_free_port())
    hooks = _Hooks(received)
    posts = threading.Thread(target=hooks.serve_forever, name="webhooks")
    mail.start()
    posts.start()
    try:
        yield Sinks(received, mail.port, f"http://127.0.0.1:{hooks.server_port}")
    finally:
        hooks.shutdown()
        posts.join()
        hooks.server_close()
        mail.stop()


def _free_port() -> int:
    with socket.socket() as probe:  # aiosmtpd cannot say which one it was given
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class _Mailbox:
    received: Received

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content or b""
        self.received.mail(content if isinstance(content, bytes) else content.encode())
        return "250 kept"


class _Hooks(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, received: Received) -> None:
        self.received = received
        super().__init__(("127.0.0.1", 0), _Hook)


class _Hook(BaseHTTPRequestHandler):
    server: _Hooks
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.webhook(self.path, self.headers["webhook-id"], body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
        """Say nothing."""
