"""A sparing HTTP/1.1 client: the load generator's processor time is taken from who it measures."""

import asyncio
from collections import deque
from collections.abc import Mapping

import orjson

Json = dict[str, object]


class Answered(Exception):
    """The server answered what a benchmark must not meet."""


class _Connection(asyncio.Protocol):
    """One connection that is kept alive and carries one exchange at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the exchange under way."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed by the server"))

    @property
    def open(self) -> bool:
        """Tell whether it can carry another exchange."""
        return self._transport is not None

    def exchange(self, request: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        """Send a request; the future gives status and body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Finish the exchange once head and body are complete."""
        received = self._received
        received += data
        end = received.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(received[:end]).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        whole = end + 4 + int(length or 0)
        if len(received) < whole:
            return
        status, body = int(head[9:12]), bytes(received[end + 4 : whole])
        del received[:whole]
        if not self._answer.done():
            self._answer.set_result((status, body))

    def close(self) -> None:
        """Close it; idempotent."""
        if self._transport is not None:
            self._transport.close()


class Http:
    """Connections to one server, as many as are needed at once."""

    def __init__(self, host: str, port: int, most: int = 48) -> None:
        self._host, self._port = host, port
        self._idle: deque[_Connection] = deque()
        self._turn = asyncio.Semaphore(most)
        self.calls = 0

    async def post(self, path: str, token: str, body: Mapping[str, object], key: str) -> Json:
        """Send a command and return the answer; raise Answered for anything but 2xx."""
        content = orjson.dumps(body)
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self._host}\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\nidempotency-key: {key}\r\n"
            f"content-length: {len(content)}\r\n\r\n"
        )
        return await self._send(path, head.encode() + content)

    async def get(self, path: str, token: str) -> Json:
        """Return what is at this path; raise Answered for anything but 2xx."""
        head = f"GET {path} HTTP/1.1\r\nhost: {self._host}\r\nauthorization: Bearer {token}\r\n\r\n"
        return await self._send(path, head.encode())

    async def _send(self, path: str, request: bytes) -> Json:
        self.calls += 1
        async with self._turn:
            connection = await self._take()
            status, body = await connection.exchange(request)
            self._idle.append(connection)
        if status >= 300:
            raise Answered(f"{path}: {status} {body[:300].decode('utf-8', 'replace')}")
        found: Json = orjson.loads(body) if body else {}
        return found

    async def _take(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(_Connection, self._host, self._port)
        return made

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().close()
