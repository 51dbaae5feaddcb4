"""A mail server on loopback that delivers nothing and counts everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session


class MailSink:
    """Counts the messages that were handed over."""

    def __init__(self) -> None:
        self.received = 0
        self.port = 0

    async def handle_DATA(self, _: SMTP, __: Session, ___: Envelope) -> str:  # noqa: N802
        """Take a message; the name is aiosmtpd's."""
        self.received += 1
        return "250 Message accepted"


@asynccontextmanager
async def mail_sink() -> AsyncIterator[MailSink]:
    """Listen on a free port until the context ends."""
    sink = MailSink()
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(sink, hostname="sink.example", enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(session, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
