"""A client of the public HTTP API that survives restarts of the server.

Every POST carries an Idempotency-Key that stays the same over retries, so a command whose answer
was lost is safe to send again: it takes effect once.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlencode

import aiohttp
import orjson

Json = dict[str, Any]
# What a call raises when no whole answer came: the connection failed, or it took too long.
BROKEN = (aiohttp.ClientError, OSError)
_TIMEOUT = aiohttp.ClientTimeout(total=20)
_PASSING = frozenset({429, 502, 503, 504})
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.5


class Refused(Exception):
    """The server answered, and the answer is no."""

    def __init__(self, method: str, path: str, status: int, problem: Json) -> None:
        self.status = status
        self.problem = problem
        detail = problem.get("detail") or problem.get("title") or problem
        super().__init__(f"{method} {path} -> {status}: {detail}")


class Unreachable(Exception):
    """No answer came within the client's patience."""


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    body: bytes


@dataclass
class Traffic:
    """What the client has seen of the server."""

    calls: int = 0
    retries: int = 0
    refused: dict[int, int] = field(default_factory=dict)


class Api:
    """The connections to one server, shared by everyone who plays a part.

    At most `in_flight` calls run at once, half of them for whoever takes the `field_lane`, so that
    many teams that report do not keep people at desks waiting. A call that meets a broken
    connection, a timeout or a passing refusal (429, 502, 503, 504) is repeated unchanged until
    `patience_s` has gone by.
    Use it as an async context manager; it closes its connections.
    """

    def __init__(self, base_url: str, in_flight: int = 24, patience_s: float = 60) -> None:
        self.base_url = base_url
        self.traffic = Traffic()
        self._patience = patience_s
        self.field_lane = asyncio.Semaphore(max(1, in_flight // 2))
        self._turn = asyncio.Semaphore(in_flight)
        self._http: aiohttp.ClientSession | None = None

    @property
    def http(self) -> aiohttp.ClientSession:
        """Return the connections, for a call that takes no turn and is not repeated."""
        assert self._http is not None  # entered
        return self._http

    async def __aenter__(self) -> Self:
        # Turns bound the calls; the connector bounds nothing, or the streams would use it up.
        self._http = aiohttp.ClientSession(
            self.base_url,
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_TIMEOUT,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.http.close()

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Reply:
        """Send until an answer comes that waiting would not change; raise Unreachable if none."""
        give_up_at = monotonic() + self._patience
        pause = _FIRST_PAUSE_S
        while True:
            response, trouble = await self._try(method, path, headers, content)
            if response is not None and response.status not in _PASSING:
                return response
            if monotonic() > give_up_at:
                raise Unreachable(f"{method} {path}: {trouble}, for {self._patience:.0f} s")
            self.traffic.retries += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _try(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[Reply | None, str]:
        self.traffic.calls += 1
        try:
            async with (
                self._turn,
                self.http.request(method, path, headers=headers, data=content) as response,
            ):
                reply = Reply(response.status, await response.read())
        except BROKEN as error:
            return None, f"{type(error).__name__}: {error}"
        return reply, f"status {reply.status}"


class Session:
    """An API client's view of the server: gets a token, renews it, sends commands and queries."""

    def __init__(self, api: Api, client_id: str, client_secret: str) -> None:
        self.api = api
        self.client_id = client_id
        self._secret = client_secret
        self._token = ""
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    async def get(self, path: str) -> Json:
        """Return what is at this path; raise Refused or Unreachable."""
        return await self._call("GET", path, None, None)

    async def post(self, path: str, body: Mapping[str, object], key: str | None = None) -> Json:
        """Send a command once, however often it takes; raise Refused or Unreachable."""
        return await self._call("POST", path, orjson.dumps(body), key or new_key())

    async def put(self, path: str, body: Mapping[str, object]) -> Json:
        """Replace what is at this path; raise Refused or Unreachable."""
        return await self._call("PUT", path, orjson.dumps(body), None)

    async def pages(self, path: str, limit: int = 100) -> AsyncIterator[Json]:
        """Yield each item of a list, page by page."""
        joint = "&" if "?" in path else "?"
        cursor: str | None = ""
        while cursor is not None:
            after = f"&cursor={cursor}" if cursor else ""
            page = await self.get(f"{path}{joint}limit={limit}{after}")
            for item in page["items"]:
                yield item
            cursor = page.get("next_cursor")

    async def bearer(self) -> str:
        """Return a token that is good for a while yet."""
        async with self._renewing:
            if monotonic() >= self._renew_at:
                await self._renew()
        return self._token

    def at(self, api: Api) -> "Session":
        """Return the same client over other connections, or at another server."""
        return Session(api, self.client_id, self._secret)

    def forget_token(self) -> None:
        """Make the next call get a new token."""
        self._renew_at = 0.0

    async def _renew(self) -> None:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self._secret,
            }
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = await self.api.send("POST", "/oauth/token", headers, form.encode())
        answer = _read("POST", "/oauth/token", response, self.api.traffic)
        self._token = str(answer["access_token"])
        self._renew_at = monotonic() + 0.8 * float(answer["expires_in"])

    async def _call(self, method: str, path: str, content: bytes | None, key: str | None) -> Json:
        for last in (False, True):
            headers = {"Authorization": f"Bearer {await self.bearer()}"}
            if content is not None:
                headers["Content-Type"] = "application/json"
            if key is not None:
                headers["Idempotency-Key"] = key
            response = await self.api.send(method, path, headers, content)
            if response.status == 401 and not last:
                self.forget_token()
                continue
            break
        return _read(method, path, response, self.api.traffic)


async def post_publicly(api: Api, path: str, body: Mapping[str, object]) -> Json:
    """Send a command to a public route, without a token."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": new_key()}
    response = await api.send("POST", path, headers, orjson.dumps(body))
    return _read("POST", path, response, api.traffic)


async def post_for_secret(session: Session, path: str, body: Callable[[], Json]) -> Json:
    """Send a command whose answer holds a secret that is shown only once.

    If the first answer was lost, the server refuses to show it again (409). Then the command is
    sent anew with a fresh body, and what the lost answer named stays unused.
    """
    try:
        return await session.post(path, body())
    except Refused as refusal:
        if refusal.status != 409:
            raise
        return await session.post(path, body())


def new_key() -> str:
    """Return a fresh idempotency key."""
    return uuid.uuid4().hex


def _read(method: str, path: str, response: Reply, traffic: Traffic) -> Json:
    body = cast(Json, _json_of(response.body))
    if response.status >= 400:
        refused = traffic.refused
        refused[response.status] = refused.get(response.status, 0) + 1
        raise Refused(method, path, response.status, body)
    return body


def _json_of(content: bytes) -> Any:
    if not content:
        return {}
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return {"detail": content[:200].decode("utf-8", "replace")}
