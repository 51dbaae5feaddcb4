"""Reads an organisation's live stream (Server-Sent Events) and resumes where it broke off."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson

from muster.cli.world.client import Json, Refused, Session, Unreachable
from muster.cli.world.wire import Broken

_SILENCE_S = 60  # longer than the server's heartbeat
_PAUSE_S = 0.5
_PATH = "/v1/stream"


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

    `opened` is called after every (re)connection, for whoever wants to catch up on what a stream
    cannot promise. `hear` gets each entry. Neither may block.
    """

    def __init__(
        self, session: Session, hear: Callable[[Json], None], opened: Callable[[], None]
    ) -> None:
        self._session = session
        self._hear = hear
        self._opened = opened
        self._parser = SseParser()

    async def follow(self) -> None:
        """Follow until cancelled; raise Refused if the stream may not be read at all."""
        while True:
            try:
                status = await self._follow_once()
            except (Broken, Unreachable):
                status = 0
            if status == HTTPStatus.UNAUTHORIZED:
                self._session.forget_token()
            elif HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise Refused("GET", _PATH, status, {})
            await asyncio.sleep(_PAUSE_S)

    async def _follow_once(self) -> int:
        headers = {
            "Authorization": f"Bearer {await self._session.bearer()}",
            "Accept": "text/event-stream",
        }
        if self._parser.last_id:
            headers["Last-Event-ID"] = self._parser.last_id
        self._parser.restart()
        wire = self._session.api.wire
        reply = await wire.follow(_PATH, headers, self._take, self._opened, _SILENCE_S)
        return reply.status

    def _take(self, chunk: bytes) -> None:
        for entry in self._parser.feed(chunk):
            self._hear(orjson.loads(entry))
