"""A mail server on loopback that delivers nothing and counts everything."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session


class MailSink:
    """Counts the messages that were handed over."""

    def __init__(self) -> None:
        self.received = 0

    async def handle_DATA(self, _: SMTP, __: Session, ___: Envelope) -> str:  # noqa: N802
        """Take a message; the name is aiosmtpd's."""
        self.received += 1
        return "250 Message accepted"


def mail_socket() -> socket.socket:
    """Listen on a free port of loopback, so that its number is known before anybody answers."""
    return socket.create_server(("127.0.0.1", 0), backlog=128)


@asynccontextmanager
async def mail_sink(listening: socket.socket) -> AsyncIterator[MailSink]:
    """Answer on this socket until the context ends; closes it."""
    sink = MailSink()
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(sink, hostname="sink.example", enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(session, sock=listening)
    try:
        yield sink
    finally:
        server.close()
