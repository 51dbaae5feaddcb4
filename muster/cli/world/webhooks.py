"""Where members that prefer webhooks are called: verifies each signature, counts, passes on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from muster.cli.world.client import Json, Session, post_for_secret
from muster.cli.world.ledger import Ledger
from muster.cli.world.local_server import Answer, local_server

_ACCEPTED: Answer = (204, b"")
_NOT_YET: Answer = (503, b"")
_REFUSED: Answer = (400, b"")


@dataclass(frozen=True)
class _Listener:
    secret: Webhook
    hear: Callable[[Json], None]


class WebhookSink:
    """The webhook endpoints of some members, all in this process."""

    def __init__(self, ledger: Ledger) -> None:
        self.base_url = ""
        self._ledger = ledger
        self._listeners: dict[str, _Listener] = {}

    async def enlist(self, session: Session, name: str, hear: Callable[[Json], None]) -> None:
        """Register a webhook for this member; `hear` gets what arrives and is truly signed."""
        path = f"/hooks/{name}"
        made = await post_for_secret(session, "/v1/webhooks", lambda: {"url": self.base_url + path})
        self._listeners[path] = _Listener(Webhook(str(made["secret"])), hear)

    async def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one delivery."""
        listener = self._listeners.get(path)
        if listener is None:  # its secret is still on the way to us; it will be sent again
            return _NOT_YET
        try:
            listener.secret.verify(body, headers, json_parse=False)
        except WebhookVerificationError as error:
            self._ledger.failed(f"webhook {path}: {error}")
            return _REFUSED
        self._ledger.counts["webhooks_received"] += 1
        listener.hear(_entry(orjson.loads(body)))
        return _ACCEPTED


def _entry(message: Json) -> Json:
    """Read a message of Standard Webhooks as an entry of the live stream."""
    return {
        "event_type": message["type"],
        "occurred_at": message["timestamp"],
        "event": message["data"],
    }


@asynccontextmanager
async def webhook_sink(ledger: Ledger) -> AsyncIterator[WebhookSink]:
    """Listen on a free port of loopback until the context ends."""
    sink = WebhookSink(ledger)
    async with local_server(sink.take) as base_url:
        sink.base_url = base_url
        yield sink
