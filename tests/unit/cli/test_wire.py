"""The cheap HTTP client keeps its connections, follows endless answers, and tells what broke."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from muster.cli.world.wire import Broken, Reply, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(serve: Serve) -> "AsyncIterator[Wire]":
    """Yield a wire to a server that says exactly what it is told to."""
    serving: set[asyncio.Task[None]] = set()

    async def serve_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # the client hung up
            await serve(reader, writer)
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve_and_close, "127.0.0.1", 0)
    wire = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield wire
    finally:
        wire.close()
        server.close()
        await asyncio.gather(*serving)


def answering(*answers: bytes) -> Serve:
    """Return a server that gives these answers on each connection, then closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)

    return serve


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_connection_is_used_again() -> None:
    """Two calls one after the other need one connection."""
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answering(OK, OK)(reader, writer)

    async def run() -> list[Reply]:
        async with raw_server(serve) as wire:
            return [await wire.send("GET", "/", {}), await wire.send("GET", "/", {})]

    assert asyncio.run(run()) == [Reply(200, b"ok")] * 2
    assert connections == 1


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    """Connection: close means what it says."""
    last = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

    async def run() -> list[int]:
        async with raw_server(answering(last)) as wire:
            return [(await wire.send("GET", "/", {})).status for _ in range(3)]

    assert asyncio.run(run()) == [200, 200, 200]


def test_a_chunked_answer_is_put_together() -> None:
    """The pieces of a body are its concern, not the caller's."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"

    async def run() -> Reply:
        async with raw_server(answering(chunked)) as wire:
            return await wire.send("GET", "/", {})

    assert asyncio.run(run()) == Reply(200, b"abc")


def test_an_answer_without_a_body_is_whole() -> None:
    """204 has none."""

    async def run() -> Reply:
        async with raw_server(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as wire:
            return await wire.send("DELETE", "/", {})

    assert asyncio.run(run()) == Reply(204, b"")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"what?\r\n\r\n"]
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    """A server that dies in the middle, or does not speak HTTP, is told as broken."""

    async def run() -> None:
        async with raw_server(answering(answer)) as wire:
            await wire.send("GET", "/", {})

    with pytest.raises(Broken):
        asyncio.run(run())


def test_an_endless_answer_is_heard_piece_by_piece_until_it_breaks() -> None:
    """A live stream never ends by itself; when it does, whoever follows must know."""
    heard: list[bytes] = []
    opened: list[bool] = []
    stream = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n"

    async def run() -> None:
        async with raw_server(answering(stream)) as wire:
            await wire.follow("/", {}, heard.append, lambda: opened.append(True), 5)

    with pytest.raises(Broken):
        asyncio.run(run())
    assert b"".join(heard) == b"abc"
    assert opened == [True]


def test_a_refused_stream_is_a_reply() -> None:
    """What is not 200 is no stream, and its body is kept."""
    opened: list[bool] = []

    async def run() -> Reply:
        refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"
        async with raw_server(answering(refusal)) as wire:
            return await wire.follow("/", {}, lambda _: None, lambda: opened.append(True), 5)

    assert asyncio.run(run()) == Reply(401, b"{}")
    assert not opened


def test_a_silent_stream_is_broken() -> None:
    """A connection that died without a word must not be followed for ever."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await reader.read()

    async def run() -> None:
        async with raw_server(serve) as wire:
            await wire.follow("/", {}, lambda _: None, lambda: None, 0.1)

    with pytest.raises(Broken, match="silent"):
        asyncio.run(run())


def test_only_plain_http_is_spoken() -> None:
    """An address that needs TLS is refused, not called in the clear."""
    with pytest.raises(ValueError, match="http://host:port"):
        Wire("https://example.org")
