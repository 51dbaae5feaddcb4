"""Plays whole journeys over HTTP: an enterprise asks, providers accept and carry the jobs out.

Everybody hears what happens from one operator's live stream, so a journey counts as done when
notify has recorded its last event, and an offer as made when a provider can have heard of it.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import orjson

from benchmarks.journeys_http import Http, Json
from muster.access import Caller
from muster.contracts.dispatch import JobOpened
from muster.contracts.matching import OfferSent, RequestClosed, RequestUnfilled, ReviewOpened
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import Role
from muster.web.tokens import TokenSigner

ON_SITE = ("mobilising", "en_route", "on_scene", "in_service", "released", "completed")
AT_A_DESK = ("in_service", "released", "completed")
_HEARD = tuple(
    it.event_type.encode()
    for it in (OfferSent, JobOpened, RequestClosed, RequestUnfilled, ReviewOpened)
)
_LINE = 1 << 22
_REMEMBERED = 10
_SLOWEST = 0.2  # journeys a second that are worth a measurement


@dataclass
class Journey:
    """One request, and when what happened to it; seconds of a clock that only goes forward."""

    due_at: float
    answered_at: float = 0.0
    offered_at: float = 0.0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    closed_at: float = 0.0


class Tokens:
    """Signs access tokens as the registry does, so that ten thousand members need not ask."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer
        self._known: dict[tuple[Role, str], tuple[float, str]] = {}

    def of(self, role: Role, organisation_id: str) -> str:
        """Return a good token of a member's client ('' : an operator's)."""
        known = self._known.get((role, organisation_id))
        if known is None or known[0] < perf_counter():
            member = OrganisationId(organisation_id) if organisation_id else None
            caller = Caller(f"cli_{role}_{organisation_id or 'desk'}", role, member)
            token = self._signer.sign(caller, now=datetime.now(UTC), token_id=uuid.uuid4().hex)
            known = perf_counter() + 0.8 * token.expires_in, token.value
            self._known[role, organisation_id] = known
        return known[1]


class Play:
    """Journeys against one server. `bodies` gives the next request: who asks, and what for."""

    def __init__(
        self, http: Http, tokens: Tokens, bodies: Callable[[], tuple[str, Json]], address: str
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._bodies = bodies
        self._address = address
        self._by_request: dict[str, Journey] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.errors: list[str] = []
        self.unserved = 0
        self.providers: list[str] = []  # who was asked, the first ones

    @property
    def calls(self) -> int:
        """Return how many HTTP requests were sent."""
        return self._http.calls

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear the live stream until the context ends."""
        opened = asyncio.Event()
        listener = asyncio.create_task(self._listen(opened))
        await asyncio.wait_for(opened.wait(), 20)
        try:
            yield
        finally:
            for task in (listener, *self._tasks):
                task.cancel()
            await asyncio.gather(listener, *self._tasks, return_exceptions=True)
            self._http.close()

    async def one(self, due_at: float) -> Journey:
        """Play one journey to its end; what it was late for its start counts as waiting."""
        enterprise, body = self._bodies()
        token = self._tokens.of(Role.ENTERPRISE, enterprise)
        answer = await self._http.post("/v1/requests", token, body, uuid.uuid4().hex)
        journey = self._journey(str(answer["request_id"]))
        journey.due_at, journey.answered_at = due_at, perf_counter()
        await journey.closed.wait()
        del self._by_request[str(answer["request_id"])]
        return journey

    def _journey(self, request_id: str) -> Journey:
        return self._by_request.setdefault(request_id, Journey(0.0))

    async def _listen(self, opened: asyncio.Event) -> None:
        host, port = self._address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=_LINE)
        token = self._tokens.of(Role.OPERATOR, "")
        writer.write(
            f"GET /v1/stream HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"
            "accept: text/event-stream\r\n\r\n".encode()
        )
        wanted = False
        with suppress(asyncio.CancelledError):
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    wanted = line[7:-1] in _HEARD
                elif wanted and line.startswith(b"data: "):
                    self._hear(orjson.loads(line[6:]))
                elif line.startswith(b": connected"):
                    opened.set()
            self.errors.append("the live stream ended")
        writer.close()

    def _hear(self, entry: Json) -> None:
        now = perf_counter()
        event = entry["event"]
        assert isinstance(event, dict)
        request_id = str(event.get("request_id", ""))
        match entry["event_type"]:
            case OfferSent.event_type:
                journey = self._journey(request_id)
                journey.offered_at = journey.offered_at or now
                if len(self.providers) < _REMEMBERED:
                    self.providers.append(str(event["provider_id"]))
                self._start(self._accept(str(event["offer_id"]), str(event["provider_id"])))
            case JobOpened.event_type:
                self._start(self._carry_out(str(event["job_id"]), str(event["provider_id"])))
            case RequestClosed.event_type:
                journey = self._journey(request_id)
                journey.closed_at = now
                journey.closed.set()
            case _:
                self.unserved += 1

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(self._noting(doing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _noting(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    async def _accept(self, offer_id: str, provider_id: str) -> None:
        token = self._tokens.of(Role.PROVIDER, provider_id)
        await self._http.post(f"/v1/offers/{offer_id}/accept", token, {}, uuid.uuid4().hex)

    async def _carry_out(self, job_id: str, provider_id: str) -> None:
        path = f"/v1/jobs/{job_id}/status"
        token = self._tokens.of(Role.PROVIDER, provider_id)
        job = await self._http.post(path, token, {"status": "acknowledged"}, uuid.uuid4().hex)
        for status in AT_A_DESK if job["remote"] else ON_SITE:
            await self._http.post(path, token, {"status": status}, uuid.uuid4().hex)


@dataclass(frozen=True)
class Played:
    """What came of a stretch of journeys, measured from the first to the last that ended in it."""

    journeys: list[Journey]
    seconds: float
    started: int
    left: int  # journeys under way when the stretch ended


async def keep_up(play: Play, at_once: int, seconds: float) -> Played:
    """Keep so many journeys under way for a while: as fast as the system goes without a backlog."""
    begun = perf_counter()
    done: list[Journey] = []
    started = 0

    async def one_after_another() -> None:
        nonlocal started
        while perf_counter() - begun < seconds:
            started += 1
            done.append(await play.one(perf_counter()))

    players = [asyncio.create_task(one_after_another()) for _ in range(at_once)]
    await asyncio.sleep(seconds)
    ended, elapsed = list(done), perf_counter() - begun
    left = started - len(ended)
    await _finish(players)
    return Played(ended, elapsed, started, left)


async def arrive(play: Play, per_second: float, seconds: float) -> Played:
    """Let journeys start at a steady rate, whether or not those before have got anywhere."""
    per_second = max(per_second, _SLOWEST)
    begun = perf_counter()
    done: list[Journey] = []

    async def one(due_at: float) -> None:
        done.append(await play.one(due_at))

    under_way = []
    count = max(1, int(per_second * seconds))
    for number in range(count):
        due_at = begun + number / per_second
        await asyncio.sleep(max(0.0, due_at - perf_counter()))
        under_way.append(asyncio.create_task(one(due_at)))
    elapsed, left = perf_counter() - begun, count - len(done)
    await _finish(under_way)
    return Played(done, elapsed, count, left)


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(tasks, timeout=60)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def next_window(number: int) -> Json:
    """Return a window some days ahead."""
    starts_at = datetime.now(UTC) + timedelta(days=3, minutes=number % 60)
    return {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=8)).isoformat(),
    }
