"""HTTP/1.1 over plain TCP, and cheap: thousands of calls share the machine with who answers them.

A general client spends some milliseconds on each call; this one knows one server, one exchange at
a time on each connection, and no TLS, because the API it plays against is on loopback.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlsplit

import httptools

Hear = Callable[[bytes], None]

_TIMEOUT_S = 20.0
_LOOK_EVERY_S = 15.0


class Broken(ConnectionError):
    """No whole answer came: the connection failed, or it took too long."""


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    body: bytes


class _Line(asyncio.Protocol):
    """One connection. `hear` gets the body of a 200 piece by piece; else it is collected."""

    def __init__(self) -> None:
        self.heard_at = monotonic()
        self.closed = False
        self.transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Reply] | None = None
        self._chunks: list[bytes] = []
        self._hear: Hear | None = None
        self._open: Callable[[], None] | None = None

    def send(
        self, message: bytes, hear: Hear | None = None, opened: Callable[[], None] | None = None
    ) -> "asyncio.Future[Reply]":
        """Send a request; the future gets its whole reply, or Broken."""
        assert self.transport is not None
        self._chunks, self._hear, self._open = [], hear, opened
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(message)
        return self._waiting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard_at = monotonic()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self._fail(f"connection lost: {error or 'closed by the server'}")

    def on_headers_complete(self) -> None:
        """Tell whoever follows a stream that it is open (called by the parser)."""
        if self._parser.get_status_code() != 200:
            self._hear = None
        elif self._open is not None:
            self._open()

    def on_body(self, chunk: bytes) -> None:
        """Pass a piece of the body on, or keep it (called by the parser)."""
        if self._hear is not None:
            self._hear(chunk)
        else:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        """Hand over the reply (called by the parser)."""
        waiting, self._waiting = self._waiting, None
        if not self._parser.should_keep_alive():
            self.close()
        if waiting is not None and not waiting.done():
            waiting.set_result(Reply(self._parser.get_status_code(), b"".join(self._chunks)))

    def close(self) -> None:
        """Close at once; idempotent."""
        self.closed = True
        if self.transport is not None:
            self.transport.abort()

    def _fail(self, why: str) -> None:
        waiting, self._waiting = self._waiting, None
        self.close()
        if waiting is not None and not waiting.done():
            waiting.set_exception(Broken(why))


class Wire:
    """Connections to one server at http://host:port, opened as needed and used again."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"{base_url!r} is not an address of the form http://host:port")
        self._host, self._port = parts.hostname, parts.port or 80
        self._idle: list[_Line] = []

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Reply:
        """Send one request and return its reply; raise Broken if none came in time."""
        line = None
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                line = await self._line()
                reply = await line.send(self._message(method, path, headers, content))
        except BaseException as error:
            if line is not None:
                line.close()
            if isinstance(error, OSError) and not isinstance(error, Broken):  # or TimeoutError
                raise Broken(f"{type(error).__name__}: {error}") from error
            raise
        if not line.closed:
            self._idle.append(line)
        return reply

    async def follow(
        self,
        path: str,
        headers: Mapping[str, str],
        hear: Hear,
        opened: Callable[[], None],
        silence_s: float,
    ) -> Reply:
        """Read an endless answer on a connection of its own; return when the server ends it.

        `opened` is called once the server has begun to answer with 200. Raises Broken when the
        connection fails, or when nothing was heard for `silence_s`.
        """
        line = await self._connect()
        ending = line.send(self._message("GET", path, headers, None), hear, opened)
        try:
            while not ending.done():
                await asyncio.wait([ending], timeout=min(_LOOK_EVERY_S, silence_s))
                if not ending.done() and monotonic() - line.heard_at > silence_s:
                    raise Broken(f"silent for {silence_s:.0f} s")
            return ending.result()
        finally:
            ending.cancel()  # nobody waits for it any more
            line.close()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if not line.closed:
                return line
        return await self._connect()

    async def _connect(self) -> _Line:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                _, line = await asyncio.get_running_loop().create_connection(
                    _Line, self._host, self._port
                )
        except OSError as error:
            raise Broken(f"{type(error).__name__}: {error}") from error
        return line

    def _message(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if content is not None:
            lines.append(f"Content-Length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode() + (content or b"")
