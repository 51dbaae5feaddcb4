"""The live stream is read entry by entry, however the bytes are cut, and resumed where it broke."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from muster.cli.world.client import Api, Json, Refused, Session
from muster.cli.world.stream import LiveStream, SseParser

STREAM = b': hello\n\nid: 7\nevent: a\ndata: {"n":1}\n\nid: 8\r\ndata: {"n":\ndata: 2}\r\n\r\n'

Serve = Callable[[web.BaseRequest, web.StreamResponse], Awaitable[None]]


def entries_of(parser: SseParser, stream: bytes) -> list[str]:
    """Return what the parser makes of these lines."""
    told = [parser.feed(line) for line in stream.splitlines(keepends=True)]
    return [entry for entry in told if entry is not None]


@dataclass
class Streams:
    """Serves one live stream after the other, and what was heard of them."""

    serves: list[Serve | int]  # a number is a refusal
    last_ids: list[str] = field(default_factory=list)
    tokens: int = 0
    heard: list[Json] = field(default_factory=list)
    opened: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one call."""
        if request.path == "/oauth/token":
            self.tokens += 1
            return web.Response(body=orjson.dumps({"access_token": "t", "expires_in": 900}))
        self.last_ids.append(request.headers.get("Last-Event-ID", ""))
        serve = self.serves.pop(0)
        if isinstance(serve, int):
            return web.Response(status=serve)
        answer = web.StreamResponse()
        await answer.prepare(request)
        await serve(request, answer)
        return answer

    def follow(self, entries: int, silence_s: float = 5) -> None:
        """Follow until so many entries were heard."""

        def hear(entry: Json) -> None:
            self.heard.append(entry)
            if len(self.heard) == entries:
                self.done.set()

        def opened() -> None:
            self.opened += 1

        async def run() -> None:
            async with RawTestServer(self.take) as server, Api(str(server.make_url("/"))) as api:
                session = Session(api, "cli_1", "secret")
                following = asyncio.create_task(
                    LiveStream(session, hear, opened, silence_s).follow()
                )
                ending = asyncio.create_task(self.done.wait())
                await asyncio.wait(
                    [following, ending], timeout=20, return_when=asyncio.FIRST_COMPLETED
                )
                ending.cancel()
                if following.done():
                    following.result()
                following.cancel()
                await asyncio.gather(following, ending, return_exceptions=True)

        asyncio.run(run())


def in_pieces_of(size: int, stream: bytes = STREAM) -> Serve:
    """Return a stream whose bytes are cut so."""

    async def serve(_: web.BaseRequest, answer: web.StreamResponse) -> None:
        for start in range(0, len(stream), size):
            await answer.write(stream[start : start + size])

    return serve


def breaking_off(stream: bytes) -> Serve:
    """Return a stream whose connection is lost after these bytes."""

    async def serve(request: web.BaseRequest, answer: web.StreamResponse) -> None:
        await answer.write(stream)
        assert request.transport is not None
        request.transport.close()

    return serve


async def silent(_: web.BaseRequest, __: web.StreamResponse) -> None:
    """Say nothing, and do not end."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_entries_do_not_depend_on_how_the_bytes_are_cut(size: int) -> None:
    """A chunk may end anywhere."""
    streams = Streams([in_pieces_of(size)])
    streams.follow(2)
    assert streams.heard == [{"n": 1}, {"n": 2}]
    assert streams.opened == 1


def test_the_parser_keeps_the_last_id_and_joins_lines_of_data() -> None:
    """Line ends of either kind, and a comment, are the stream's own affair."""
    parser = SseParser()
    assert entries_of(parser, STREAM) == ['{"n":1}', '{"n":\n2}']
    assert parser.last_id == "8"


def test_half_an_entry_is_dropped_on_a_restart_and_its_id_not_remembered() -> None:
    """What was not heard whole is asked for again."""
    parser = SseParser()
    entries_of(parser, b"id: 1\ndata: x\n\nid: 2\ndata: ha")
    parser.restart()
    assert entries_of(parser, b"id: 2\ndata: whole\n\n") == ["whole"]
    assert parser.last_id == "2"


def test_a_heartbeat_is_no_entry() -> None:
    """Comments keep the line open and say nothing."""
    assert entries_of(SseParser(), b": heartbeat\n\n: heartbeat\n\n") == []


def test_a_stream_that_breaks_off_is_resumed_after_the_last_whole_entry() -> None:
    """Whoever follows hears each entry, and is told of each connection."""
    first = breaking_off(b'id: 1\ndata: {"n":1}\n\nid: 2\ndata: {"n"')
    streams = Streams([first, in_pieces_of(5, b'id: 2\ndata: {"n":2}\n\n')])
    streams.follow(2)
    assert streams.heard == [{"n": 1}, {"n": 2}]
    assert streams.last_ids == ["", "1"]
    assert streams.opened == 2


def test_a_silent_stream_is_given_up_and_begun_again() -> None:
    """A connection that died without a word must not be followed for ever."""
    streams = Streams([silent, in_pieces_of(1000)])
    streams.follow(2, silence_s=0.1)
    assert streams.heard == [{"n": 1}, {"n": 2}]


def test_a_line_of_a_megabyte_is_heard() -> None:
    """An entry may be as large as a body that the API takes."""
    streams = Streams([in_pieces_of(1 << 16, b'data: "' + b"x" * (1 << 20) + b'"\n\n')])
    streams.follow(1)
    assert [len(entry) for entry in streams.heard] == [1 << 20]


def test_a_token_that_ran_out_is_renewed_before_the_stream_is_begun_again() -> None:
    """401 is no reason to stop listening; nothing was opened by it."""
    streams = Streams([401, in_pieces_of(1000)])
    streams.follow(2)
    assert streams.tokens == 2
    assert streams.opened == 1


def test_a_stream_that_is_forbidden_is_not_asked_for_again() -> None:
    """Waiting would change nothing."""
    streams = Streams([403])
    with pytest.raises(Refused, match="403"):
        streams.follow(1)
    assert streams.opened == 0
