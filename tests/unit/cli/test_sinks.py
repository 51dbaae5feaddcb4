"""The sinks count what arrives, and let only what is truly signed pass."""

import asyncio
import smtplib
from datetime import UTC, datetime
from typing import Any

import orjson
from standardwebhooks import Webhook

from muster.cli.world.client import Api, Json, Session
from muster.cli.world.ledger import Ledger
from muster.cli.world.mail_sink import mail_sink, mail_socket
from muster.cli.world.webhooks import webhook_sink
from tests.unit.cli.served import Answer, served

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = {
    "type": "muster.matching.offer.sent.v1",
    "timestamp": "2026-03-02T08:00:00+00:00",
    "data": {"offer_id": "off_1"},
}


async def registry(path: str, _: dict[str, str], __: bytes) -> Answer:
    """Answer as notify would: with a secret for a webhook."""
    if path == "/oauth/token":
        return 200, orjson.dumps({"access_token": "t", "expires_in": 900})
    return 201, orjson.dumps({"secret": SECRET})


def deliver(secret: str, path: str = "/hooks/1") -> tuple[int, list[Json], Ledger]:
    """Enlist a member, deliver one message signed with this secret; return what came of it."""
    heard: list[Json] = []
    ledger = Ledger()
    body = orjson.dumps(MESSAGE)
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "ntf_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("ntf_1", now, body.decode()),
    }

    async def run() -> int:
        async with served(registry) as url, Api(url) as api, webhook_sink(ledger) as sink:
            await sink.enlist(Session(api, "cli_1", "s"), "1", heard.append)
            async with api.http.post(sink.base_url + path, data=body, headers=headers) as answer:
                return answer.status

    return asyncio.run(run()), heard, ledger


def test_a_signed_message_is_heard_as_an_entry_of_the_stream() -> None:
    """A member that is called hears the same as one that listens."""
    status, heard, ledger = deliver(SECRET)
    assert status == 204
    assert heard == [
        {
            "event_type": MESSAGE["type"],
            "occurred_at": MESSAGE["timestamp"],
            "event": {"offer_id": "off_1"},
        }
    ]
    assert ledger.counts["webhooks_received"] == 1


def test_a_message_signed_by_somebody_else_is_refused_and_an_error() -> None:
    """It is not heard, and the report shows it."""
    status, heard, ledger = deliver("whsec_" + "A" * 32)
    assert (status, heard) == (400, [])
    assert ledger.error_count == 1


def test_a_message_before_its_secret_is_known_is_asked_for_again() -> None:
    """503 makes the sender repeat it."""
    status, heard, ledger = deliver(SECRET, path="/hooks/2")
    assert (status, heard, ledger.error_count) == (503, [], 0)


def test_e_mails_are_counted_and_go_nowhere() -> None:
    """Each message handed over counts once."""

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            for _ in range(3):
                client.sendmail("a@m.example", ["b@m.example"], "Subject: s\r\n\r\nhello\r\n")

    async def run() -> int:
        with mail_socket() as listening:
            port: Any = listening.getsockname()[1]
            async with mail_sink(listening) as sink:
                await asyncio.to_thread(send, port)
                return sink.received

    assert asyncio.run(run()) == 3
