"""The client repeats itself under the same key until an answer comes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from muster.cli.world.client import Api, Refused, Reply, Session, Unreachable, post_for_secret
from tests.unit.cli.served import Answer, served

TOKEN = orjson.dumps({"access_token": "t1", "expires_in": 900})


@dataclass
class Server:
    """Answers commands from a script, and remembers what it was asked."""

    answers: list[Answer]
    keys: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    tokens: int = 0

    async def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one call."""
        if path == "/oauth/token":
            self.tokens += 1
            return 200, TOKEN
        self.keys.append(headers.get("idempotency-key", ""))
        self.bodies.append(body)
        return self.answers.pop(0)


def play(server: Server, act: Callable[[Session], object], patience_s: float = 5) -> object:
    """Run one act of a client against the server."""

    async def run() -> object:
        async with served(server.take) as url, Api(url, patience_s=patience_s) as api:
            return await act(Session(api, "cli_1", "secret"))  # type: ignore[misc]

    return asyncio.run(run())


def test_a_command_is_repeated_under_the_same_key_with_the_same_body() -> None:
    """That is what makes a repeat harmless."""
    server = Server([(503, b""), (502, b""), (201, b'{"ok":true}')])
    answer = play(server, lambda session: session.post("/v1/requests", {"a": 1}))
    assert answer == {"ok": True}
    assert len(set(server.keys)) == 1
    assert server.keys[0]
    assert server.bodies == [b'{"a":1}'] * 3


def test_two_commands_have_two_keys() -> None:
    """A new command is never taken for a repeat."""
    server = Server([(201, b"{}"), (201, b"{}")])

    async def act(session: Session) -> None:
        await session.post("/v1/requests", {})
        await session.post("/v1/requests", {})

    play(server, act)
    assert len(set(server.keys)) == 2


def test_a_refusal_is_not_repeated() -> None:
    """Asking again unchanged would not help."""
    server = Server([(409, b'{"detail":"too late"}')])
    with pytest.raises(Refused, match="too late") as refusal:
        play(server, lambda session: session.post("/v1/offers/off_1/accept", {}))
    assert refusal.value.status == 409
    assert len(server.keys) == 1


def test_an_expired_token_is_renewed_once_and_the_command_keeps_its_key() -> None:
    """A token that ran out on the way costs one more call, not the command."""
    server = Server([(401, b"{}"), (201, b"{}")])
    play(server, lambda session: session.post("/v1/requests", {}))
    assert server.tokens == 2
    assert len(set(server.keys)) == 1


def test_a_token_is_used_for_many_calls() -> None:
    """One token serves until it is about to run out."""
    server = Server([(200, b"{}")] * 5)

    async def act(session: Session) -> None:
        await asyncio.gather(*(session.get("/v1/requests") for _ in range(5)))

    play(server, act)
    assert server.tokens == 1


def test_a_server_that_stays_away_is_reported_as_unreachable() -> None:
    """Patience has an end."""

    async def run() -> None:
        async with served(Server([]).take) as url:
            pass  # it is gone before anybody calls
        async with Api(url, patience_s=0.2) as api:
            await Session(api, "cli_1", "secret").get("/v1/requests")

    with pytest.raises(Unreachable, match="Cannot connect"):
        asyncio.run(run())


@pytest.mark.parametrize(
    "half", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"what?\r\n\r\n"]
)
def test_half_an_answer_is_none_and_the_call_is_repeated(half: bytes) -> None:
    """A server that dies in the middle, or does not speak HTTP, has not answered."""
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    told = [half, whole]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(told.pop(0))
        writer.close()

    async def run() -> tuple[Reply, int]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, Api(url, patience_s=5) as api:
            return await api.send("POST", "/v1/requests", {}), api.traffic.retries

    assert asyncio.run(run()) == (Reply(200, b"{}"), 1)


def test_a_connection_is_used_again() -> None:
    """Calls one after the other need one connection."""
    ports = set()

    async def serve(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername"))
        return web.Response()

    async def run() -> None:
        async with RawTestServer(serve) as server, Api(str(server.make_url("/"))) as api:
            for _ in range(3):
                await api.send("GET", "/", {})

    asyncio.run(run())
    assert len(ports) == 1


def test_no_more_calls_run_at_once_than_there_are_turns() -> None:
    """A crowd of members does not become a crowd of calls."""
    running = most = 0

    async def take(_: str, __: dict[str, str], ___: bytes) -> Answer:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _turn in range(20):
            await asyncio.sleep(0)
        running -= 1
        return 200, b""

    async def run() -> None:
        async with served(take) as url, Api(url, in_flight=3) as api:
            await asyncio.gather(*(api.send("GET", "/", {}) for _ in range(12)))

    asyncio.run(run())
    assert most <= 3


def test_pages_are_followed_to_the_last() -> None:
    """A list is read to its end, whatever its length."""
    pages = [
        {"items": [{"n": 1}, {"n": 2}], "next_cursor": "c"},
        {"items": [], "next_cursor": None},
    ]
    server = Server([(200, orjson.dumps(page)) for page in pages])

    async def act(session: Session) -> list[int]:
        return [item["n"] async for item in session.pages("/v1/offers?status=sent")]

    assert play(server, act) == [1, 2]


def test_a_secret_whose_answer_was_lost_is_made_anew_under_a_new_name() -> None:
    """The server shows a secret once; a client that missed it asks for another."""
    server = Server([(409, b"{}"), (201, b'{"secret":"s"}')])
    names = iter(["one", "two"])

    async def act(session: Session) -> object:
        return await post_for_secret(session, "/v1/webhooks", lambda: {"name": next(names)})

    assert play(server, act) == {"secret": "s"}
    assert server.bodies == [b'{"name":"one"}', b'{"name":"two"}']
    assert len(set(server.keys)) == 2
