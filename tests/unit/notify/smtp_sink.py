"""A real SMTP server on loopback that keeps what it gets."""

import email
import email.policy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from services.notify.settings import NotifySettings


class Sink:
    """Keeps messages; refuses recipients as told."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, EmailMessage]] = []
        self.connections: set[Any] = set()
        self.refusals: dict[str, str] = {}
        self.break_at: int | None = None
        self.port = 0
        self.guard = threading.Lock()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, or refuse it as told."""
        if answer := self.refusals.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a message; break the connection first if it is the one to break at."""
        self.connections.add(session.peer)
        if self.break_at == len(self.messages):
            self.break_at = None
            server.transport.abort()
            return "451 gone"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append((envelope.rcpt_tos[0], message))
        return "250 kept"

    def settings(self, **more: Any) -> NotifySettings:
        """Return settings that send here."""
        return NotifySettings(
            smtp_host="127.0.0.1", smtp_port=self.port, smtp_from="muster@alliance.test", **more
        )


class _Controller(Controller):
    """Takes whatever port is free."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """Run a sink."""
    sink = Sink()
    controller = _Controller(sink, hostname="127.0.0.1", port=0)
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()
