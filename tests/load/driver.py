"""The open-loop driver: requests arrive by a schedule, however the system fares."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import func, select

from muster.cli.world.client import Api, Json, Refused, Session, Unreachable, post_for_secret
from muster.cli.world.enrolment import Member, enrol_all
from tests.load import ledger as said
from tests.load.desk import Desk, Goal, Progress
from tests.load.ledger import Ledger
from tests.load.target import Target
from tests.load.world import Profile, Usual, enterprises, providers
from tests.waiting import eventually

T = TypeVar("T")

_AHEAD_S = 0.25  # a submission is on disk this long before it is due
_PATIENCE_S = 600.0  # a client of ours repeats itself for so long
_IN_FLIGHT = 2_000  # far more than there ever are: what is due is sent


class Load:
    """A steady load on a running system, from a thread with an event loop of its own.

    Entering it enrols the alliance and waits until matching knows it. Then `running()` submits,
    `settle()` waits for the end of everything, and leaving it ends the clients.
    """

    def __init__(
        self,
        target: Target,
        rate_per_second: float,
        ledger: Path,
        *,
        goal: Goal = Goal.CLOSED,
        profile: Profile | None = None,
        provider_count: int = 4,
        enterprise_count: int = 2,
        scarce: int = 0,
        sweep_s: float = 3.0,
        declines_every: int = 0,
        seed: int = 1,
    ) -> None:
        self.target = target
        self.rate_per_second = rate_per_second
        self.progress = Progress(goal)
        self.ledger = Ledger(ledger)
        self.cpu_seconds = 0.0  # of the thread, once it has ended
        self._profile = profile or Usual(scarce_every=10 if scarce else 0)
        self._provider_plans = providers(provider_count, scarce, seed)
        self._enterprise_plans = enterprises(enterprise_count, provider_count)
        self._sweep_s = sweep_s
        self._declines_every = declines_every
        self._rng = random.Random(seed)
        self._run = f"load-{time.time_ns():x}"
        self._numbers = iter(range(1_000_000_000))
        self._in_flight = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="load")
        self._members: list[Member] = []
        self._enterprises: list[Member] = []
        self._request_ids: dict[str, str] = {}  # by key

    # From the tester's thread

    def __enter__(self) -> Self:
        self.ledger.__enter__()
        self._thread.start()
        try:
            self._call(self._open())
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._call(self._close())
        finally:
            self._leave()

    def listen_at(self, webhook_url: str) -> None:
        """Let every provider and enterprise have its webhooks sent below this address."""
        self._call(self._listen_at(webhook_url))

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Submit by the schedule until the context ends."""
        stop = threading.Event()
        arrivals = asyncio.run_coroutine_threadsafe(self._arrive(stop), self._loop)
        try:
            yield self
        finally:
            stop.set()
            arrivals.result(timeout=60)

    def probe(self) -> str:
        """Submit one request now, beside the schedule; return its key for `was_offered`.

        It asks for what the profile's first request does: so never for what is scarce, and may
        never be offered.
        """
        return self._call(self._submit_now())

    def was_offered(self, key: str) -> bool:
        """Tell whether a submission was answered 2xx and has its first offer."""
        return self._request_ids.get(key) in self.progress.first_offers

    def was_acknowledged(self, key: str) -> bool:
        """Tell whether a submission was answered 2xx."""
        return key in self._request_ids

    @property
    def providers(self) -> list[Member]:
        """Return who offers, with the means to act for each."""
        return self._members[: len(self._provider_plans)]

    @property
    def enterprises(self) -> list[Member]:
        """Return who asks: the request of number n is made by the (n modulo their number)-th."""
        return list(self._enterprises)

    @property
    def unsettled(self) -> int:
        """Return how many submissions have no answer, or have not come to the goal."""
        return self._in_flight + len(self.progress.open)

    @property
    def traffic(self) -> Counter[str]:
        """Return how many calls were made, how many were repeats, and how many were refused."""
        seen = self._api.traffic
        refused = {f"refused_{status}": count for status, count in seen.refused.items()}
        return Counter({"calls": seen.calls, "retries": seen.retries, **refused})

    def settle(self, within_s: float) -> None:
        """Return once every submission was answered and has come to the goal; fail if too late."""
        eventually(lambda: self.unsettled == 0, within_s=within_s, every_s=0.1)

    # In the load's thread

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self.cpu_seconds = time.thread_time()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=300)

    def _leave(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.ledger.__exit__(None, None, None)

    async def _open(self) -> None:
        self._api = Api(self.target.api, in_flight=_IN_FLIGHT, patience_s=_PATIENCE_S)
        await self._api.__aenter__()
        operator = Session(self._api, self.target.client_id, self.target.client_secret)
        plans = [*self._provider_plans, *self._enterprise_plans]
        self._members = members = await enrol_all(self._api, operator, plans, Counter())
        ours = self.providers
        self._enterprises = members[len(self._provider_plans) :]
        await asyncio.to_thread(self._known_to_matching, members)
        sessions = {member.organisation_id: member.session for member in ours}
        self._desk = Desk(
            operator, sessions, self.progress, self.ledger, self._sweep_s, self._declines_every
        )
        self._desk.open()
        await asyncio.wait_for(self._desk.connected.wait(), timeout=60)

    def _known_to_matching(self, members: list[Member]) -> None:
        """Wait for it: a request that comes before the capabilities finds nobody."""
        store = self.target.stores()["matching"]
        tables = store.metadata.tables
        ids = [member.organisation_id for member in members]
        wanted = len(ids), sum(len(member.capability_ids) for member in members)
        member, capability = tables["members"], tables["capabilities"]

        def known() -> bool:
            with store.read() as connection:
                active = select(func.count()).where(
                    member.c.organisation_id.in_(ids), member.c.status == "active"
                )
                published = select(func.count()).where(capability.c.provider_id.in_(ids))
                found = (
                    connection.execute(active).scalar_one(),
                    connection.execute(published).scalar_one(),
                )
            return found == wanted

        try:
            eventually(known, within_s=60, every_s=0.1)
        finally:
            store.engine.dispose()

    async def _listen_at(self, webhook_url: str) -> None:
        for number, member in enumerate(self._members):
            body: Json = {"url": f"{webhook_url}/{number}"}
            await post_for_secret(member.session, "/v1/webhooks", body.copy)

    async def _close(self) -> None:
        await self._desk.close()
        await self._api.__aexit__(None, None, None)

    async def _arrive(self, stop: threading.Event) -> None:
        due_at = time.time() + _AHEAD_S
        while not stop.is_set():
            await asyncio.sleep(due_at - _AHEAD_S - time.time())
            self._plan(due_at)
            due_at += self._rng.expovariate(self.rate_per_second)

    def _plan(self, due_at: float, like: int | None = None) -> str:
        number = next(self._numbers)
        key = f"{self._run}-{number:06d}"
        written = self.ledger.note(said.DUE, key=key, due=due_at)
        self._in_flight += 1
        task = self._loop.create_task(
            self._submit(number if like is None else like, key, due_at, written)
        )
        task.add_done_callback(self._submitted)
        return key

    async def _submit_now(self) -> str:
        return self._plan(time.time(), like=0)

    async def _submit(self, number: int, key: str, due_at: float, written: Future[None]) -> None:
        await asyncio.wrap_future(written)
        await asyncio.sleep(due_at - time.time())
        session = self._enterprises[number % len(self._enterprises)].session
        try:
            request = await session.post("/v1/requests", self._profile(number, key), key)
        except (Refused, Unreachable) as error:
            self.ledger.note(said.REFUSED, key=key, why=str(error))
            return
        request_id = str(request["request_id"])
        self.ledger.note(said.ACKNOWLEDGED, key=key, request=request_id, due=due_at)
        self._request_ids[key] = request_id
        self.progress.acknowledged(request_id)

    def _submitted(self, task: "asyncio.Task[None]") -> None:
        self._in_flight -= 1
        if not task.cancelled() and (error := task.exception()) is not None:
            self.ledger.note(said.TROUBLE, what=f"submitting: {type(error).__name__}: {error}")
