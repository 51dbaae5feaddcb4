"""Where members that prefer webhooks are called: verifies each signature, counts, passes on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
from aiohttp import web
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from muster.cli.world.client import Json, Session, post_for_secret
from muster.cli.world.ledger import Ledger

_ACCEPTED, _NOT_YET, _REFUSED = 204, 503, 400
_GRACE_S = 1.0


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

    async def take(self, request: web.BaseRequest) -> web.Response:
        """Answer one delivery."""
        listener = self._listeners.get(request.path)
        if listener is None:  # its secret is still on the way to us; it will be sent again
            return web.Response(status=_NOT_YET)
        body = await request.read()
        try:
            listener.secret.verify(body, dict(request.headers), json_parse=False)
        except WebhookVerificationError as error:
            self._ledger.failed(f"webhook {request.path}: {error}")
            return web.Response(status=_REFUSED)
        self._ledger.counts["webhooks_received"] += 1
        listener.hear(_entry(orjson.loads(body)))
        return web.Response(status=_ACCEPTED)


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
    runner = web.ServerRunner(web.Server(sink.take), shutdown_timeout=_GRACE_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        sink.base_url = site.name
        yield sink
    finally:
        await runner.cleanup()
