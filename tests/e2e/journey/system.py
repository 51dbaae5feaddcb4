"""A running system, as a user starts it, with a mailbox beside it."""

import socket
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from muster.cli.running import Running


@dataclass
class Mailbox:
    """A mail server that keeps what it gets."""

    mails: list[Message] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self.mails.append(BytesParser().parsebytes(raw))
        return "250 kept"

    def to(self, address: str) -> list[str]:
        """Return the subjects of the mails an address has got."""
        return [str(mail["Subject"]) for mail in self.mails if address in str(mail["To"])]


def free_port() -> int:
    """Return a port that was free a moment ago; aiosmtpd cannot say which one it was given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class System:
    """A running Muster and its mailbox."""

    running: Running
    directory: Path
    mailbox: Mailbox
