"""A running system for each kind of store, as a user starts it, with a mailbox beside it."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from muster.cli.deployment import Options
from muster.cli.down import stop
from muster.cli.node import NoRabbitMQ, find_scripts
from muster.cli.running import Running
from muster.cli.up import start
from muster.contracts.catalogue import OWNERS
from tests.servers.postgres import Cluster
from tests.servers.session import missing


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


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Return a system on each kind of store in turn."""
    try:
        find_scripts()
    except NoRabbitMQ:
        missing("RabbitMQ", "rabbitmq-server")
    database_url = None
    if request.param == "postgres":
        cluster: Cluster = request.getfixturevalue("postgres")
        database_url = cluster.fresh_databases(OWNERS)
    directory = tmp_path_factory.mktemp("system") / ".muster"
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    options = Options(
        directory,
        database_url,
        environment={
            "MUSTER_SMTP_HOST": "127.0.0.1",
            "MUSTER_SMTP_PORT": str(server.port),
            "MUSTER_SMTP_FROM": "muster@alliance.example",
            "MUSTER_OPERATOR_EMAIL": "watch@alliance.example",
            "MUSTER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MUSTER_OFFER_TTL_EMERGENCY_SECONDS": "2",
        },
    )
    yield System(start(options), directory, mailbox)
    stop(directory)
    server.stop()
