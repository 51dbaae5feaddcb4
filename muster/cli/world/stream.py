"""Reads an organisation's live stream (Server-Sent Events) and resumes where it broke off."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
import orjson

from muster.cli.world.client import BROKEN, Json, Refused, Session, Unreachable

_SILENCE_S = 60  # longer than the server's heartbeat
_LONGEST_LINE = 1 << 20
_PAUSE_S = 0.5
_PATH = "/v1/stream"


@dataclass
class SseParser:
    """Turns lines of a stream into entries, keeping the last id for a resumption."""

    last_id: str = ""
    _fields: dict[str, list[str]] = field(default_factory=dict)

    def feed(self, line: bytes) -> str | None:
        """Return the data of the entry that this line completes, if it completes one."""
        text = line.decode().rstrip("\r\n")
        if not text:
            return self._finish()
        name, _, value = text.partition(":")
        if name:  # else it is a comment
            self._fields.setdefault(name, []).append(value.removeprefix(" "))
        return None

    def _finish(self) -> str | None:
        fields, self._fields = self._fields, {}
        if "id" in fields:
            self.last_id = fields["id"][-1]
        return "\n".join(fields["data"]) if "data" in fields else None

    def restart(self) -> None:
        """Drop half an entry that a broken connection left behind."""
        self._fields = {}


class LiveStream:
    """Follows one stream for ever: connects, reads, reconnects with Last-Event-ID.

    `opened` is called after every (re)connection, for whoever wants to catch up on what a stream
    cannot promise. `hear` gets each entry. Neither may block.
    """

    def __init__(
        self,
        session: Session,
        hear: Callable[[Json], None],
        opened: Callable[[], None],
        silence_s: float = _SILENCE_S,
    ) -> None:
        self._session = session
        self._hear = hear
        self._opened = opened
        self._parser = SseParser()
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=silence_s)

    async def follow(self) -> None:
        """Follow until cancelled; raise Refused if the stream may not be read at all."""
        while True:
            try:
                status = await self._follow_once()
            except (*BROKEN, Unreachable):
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
        async with self._session.api.http.get(
            _PATH, headers=headers, timeout=self._timeout, read_bufsize=_LONGEST_LINE
        ) as answer:
            if answer.status == HTTPStatus.OK:
                self._opened()
                await self._listen(answer.content)
            return answer.status

    async def _listen(self, lines: aiohttp.StreamReader) -> None:
        async for line in lines:
            entry = self._parser.feed(line)
            if entry is not None:
                self._hear(orjson.loads(entry))
