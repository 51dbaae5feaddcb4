"""Reads an organisation's live stream (Server-Sent Events) and resumes where it broke off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import orjson

from muster.cli.world.client import Json, Refused, Session, Unreachable

_SILENCE_S = 60  # longer than the server's heartbeat
_PAUSE_S = 0.5


@dataclass
class SseParser:
    """Turns bytes of a stream into entries, keeping the last id for a resumption."""

    last_id: str = ""
    _rest: bytes = b""
    _fields: dict[str, list[str]] = field(default_factory=dict)

    def feed(self, chunk: bytes) -> list[str]:
        """Return the data of every entry that this chunk completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        done = []
        for line in lines:
            self._take(line.rstrip(b"\r").decode())
            if not line.strip() and (entry := self._finish()) is not None:
                done.append(entry)
        return done

    def _take(self, line: str) -> None:
        if not line or line.startswith(":"):
            return
        name, _, value = line.partition(":")
        self._fields.setdefault(name, []).append(value.removeprefix(" "))

    def _finish(self) -> str | None:
        fields, self._fields = self._fields, {}
        if "id" in fields:
            self.last_id = fields["id"][-1]
        return "\n".join(fields["data"]) if "data" in fields else None

    def restart(self) -> None:
        """Drop half an entry that a broken connection left behind."""
        self._rest, self._fields = b"", {}


class LiveStream:
    """Follows one stream for ever: connects, reads, reconnects with Last-Event-ID.

    `on_connect` runs after every (re)connection, for whoever wants to catch up on what a stream
    cannot promise. `hear` gets each entry; it must not block.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        session: Session,
        hear: Callable[[Json], None],
        on_connect: Callable[[], Awaitable[None]],
    ) -> None:
        self._http = http
        self._session = session
        self._hear = hear
        self._on_connect = on_connect
        self._parser = SseParser()
        self.connections = 0

    async def follow(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                async for entry in self._entries():
                    self._hear(orjson.loads(entry))
            except (httpx.TransportError, Unreachable):
                pass
            except Refused as refusal:
                if refusal.status != 401:
                    raise
                self._session.forget_token()
            await asyncio.sleep(_PAUSE_S)

    async def _entries(self) -> AsyncIterator[str]:
        headers = {
            "Authorization": f"Bearer {await self._session.bearer()}",
            "Accept": "text/event-stream",
        }
        if self._parser.last_id:
            headers["Last-Event-ID"] = self._parser.last_id
        self._parser.restart()
        async with self._http.stream("GET", "/v1/stream", headers=headers) as response:
            if response.status_code >= 500:
                return
            if response.status_code != 200:
                raise Refused("GET", "/v1/stream", response.status_code, {})
            self.connections += 1
            await self._on_connect()
            async for chunk in response.aiter_raw():
                for entry in self._parser.feed(chunk):
                    yield entry


def stream_client(base_url: str) -> httpx.AsyncClient:
    """Return a pool for streams only, so that they never take a connection from the calls."""
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=httpx.Timeout(_SILENCE_S, connect=5),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        verify=False,  # noqa: S501 - plain HTTP on loopback; skips loading certificates
        trust_env=False,
    )
