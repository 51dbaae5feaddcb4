"""The people who react: providers that accept and work, all at one desk.

It hears by the operator's live stream, and looks at lists now and then, so that nothing depends on
the stream alone.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from muster.cli.world.client import Json, Refused, Session, Unreachable
from muster.cli.world.fieldwork import next_step
from muster.cli.world.stream import LiveStream
from muster.contracts.dispatch import JobOpened
from muster.contracts.matching import (
    OfferSent,
    RequestClosed,
    RequestConfirmed,
    RequestExpired,
    RequestUnfilled,
)
from muster.contracts.vocabulary.statuses import REQUEST, RequestStatus
from tests.load import ledger as said
from tests.load.ledger import Ledger

_LOOKED_AT_ONCE = 50


class Goal(IntEnum):
    """How far every request is brought."""

    OFFERED = 1
    CONFIRMED = 2
    CLOSED = 3


_REACHED = {
    RequestStatus.CONFIRMED: Goal.CONFIRMED,
    RequestStatus.IN_SERVICE: Goal.CONFIRMED,
}


@dataclass
class Progress:
    """What was heard of the requests: how far each is, and which are not there yet."""

    goal: Goal
    reached: dict[str, int] = field(default_factory=dict)  # by request
    open: dict[str, float] = field(default_factory=dict)  # acknowledged, and since when
    first_offers: set[str] = field(default_factory=set)

    def acknowledged(self, request_id: str) -> None:
        """Wait for this request from now on."""
        if self.reached.get(request_id, 0) < self.goal:
            self.open[request_id] = time.monotonic()

    def came_to(self, request_id: str, goal: int) -> bool:
        """Note how far a request is; tell whether that is news."""
        if self.reached.get(request_id, 0) >= goal:
            return False
        self.reached[request_id] = goal
        if goal >= self.goal:
            self.open.pop(request_id, None)
        return True


class Desk:
    """Accepts what is offered to our providers and carries their jobs out, up to the goal."""

    def __init__(
        self,
        operator: Session,
        providers: Mapping[str, Session],
        progress: Progress,
        ledger: Ledger,
        sweep_s: float,
        declines_every: int = 0,
    ) -> None:
        self._operator = operator
        self._providers = providers
        self._progress = progress
        self._ledger = ledger
        self._sweep_s = sweep_s
        self._declines_every = declines_every
        self._considered = 0
        self._begun: set[str] = set()  # offers and jobs somebody sees to
        self._tasks: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()
        self._hears: dict[str, Callable[[Json], None]] = {
            OfferSent.event_type: self._offer,
            JobOpened.event_type: self._job,
            RequestConfirmed.event_type: self._confirmed,
            RequestClosed.event_type: self._ended,
            RequestUnfilled.event_type: self._ended,
            RequestExpired.event_type: self._ended,
        }

    def open(self) -> None:
        """Begin to listen and to look."""
        self._start(LiveStream(self._operator, self._hear, self.connected.set).follow())
        self._start(self._sweep())

    async def close(self) -> None:
        """Let everybody go home, whatever they are doing."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._ledger.note(said.TROUBLE, what=f"{type(error).__name__}: {error}")

    def _hear(self, entry: Json) -> None:
        if hear := self._hears.get(entry["event_type"]):
            hear(entry["event"])

    def _offer(self, offer: Json) -> None:
        offer_id, request_id = str(offer["offer_id"]), str(offer["request_id"])
        session = self._providers.get(str(offer["provider_id"]))
        if session is None or offer_id in self._begun:
            return
        self._begun.add(offer_id)
        if request_id not in self._progress.first_offers:
            self._progress.first_offers.add(request_id)
            self._ledger.note(said.OFFERED, request=request_id)
            self._progress.came_to(request_id, Goal.OFFERED)
        if self._progress.goal > Goal.OFFERED:
            self._considered += 1
            declines = self._declines_every and self._considered % self._declines_every == 0
            answer = self._decline if declines else self._accept
            self._start(answer(session, offer_id, request_id))

    async def _accept(self, session: Session, offer_id: str, request_id: str) -> None:
        await self._answer(session, offer_id, "accept", {}, said.ACCEPTED, request_id)

    async def _decline(self, session: Session, offer_id: str, request_id: str) -> None:
        body: Json = {"reason": "Team is needed elsewhere"}
        await self._answer(session, offer_id, "decline", body, said.DECLINED, request_id)

    async def _answer(
        self,
        session: Session,
        offer_id: str,
        answer: str,
        body: Json,
        entry: str,
        request_id: str,
    ) -> None:
        try:
            await session.post(f"/v1/offers/{offer_id}/{answer}", body, f"{answer}-{offer_id}")
        except Refused as refusal:
            if refusal.status != 409:  # withdrawn or expired meanwhile
                raise
        except Unreachable:
            self._begun.discard(offer_id)  # the next look finds it
            raise
        else:
            self._ledger.note(entry, offer=offer_id, request=request_id)

    def _job(self, job: Json) -> None:
        job_id = str(job["job_id"])
        session = self._providers.get(str(job["provider_id"]))
        if session is None or job_id in self._begun or self._progress.goal < Goal.CLOSED:
            return
        self._begun.add(job_id)
        self._start(self._work(session, job_id))

    async def _work(self, session: Session, job_id: str) -> None:
        try:
            job = await self._report(session, job_id, "acknowledged")  # its first step anywhere
            while (step := next_step(job)) is not None:
                job = await self._report(session, job_id, step)
        except Unreachable:
            self._begun.discard(job_id)
            raise

    async def _report(self, session: Session, job_id: str, step: str) -> Json:
        path = f"/v1/jobs/{job_id}"
        try:
            job = await session.post(f"{path}/status", {"status": step}, f"{step}-{job_id}")
        except Refused as refusal:
            if refusal.status != 409:
                raise
            job = await session.get(path)  # it is further than we knew
            self._ledger.note(said.TROUBLE, what=f"{job_id} at {job['status']} refused {step}")
            return job
        self._ledger.note(said.STEP, job=job_id, step=step)
        return job

    def _confirmed(self, event: Json) -> None:
        request_id = str(event["request_id"])
        if self._progress.came_to(request_id, Goal.CONFIRMED):
            self._ledger.note(said.CONFIRMED, request=request_id)

    def _ended(self, event: Json) -> None:
        request_id, status = str(event["request_id"]), str(event["status"])
        if self._progress.came_to(request_id, Goal.CLOSED):
            self._ledger.note(said.ENDED, request=request_id, status=status)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_s)
            try:
                await self.look()
            except (Refused, Unreachable) as error:
                self._ledger.note(said.TROUBLE, what=f"looking: {error}")

    async def look(self) -> None:
        """Look at the lists for what the stream has not told, or not yet."""
        async for offer in self._operator.pages("/v1/offers?status=sent"):
            self._offer(offer)
        async for job in self._operator.pages("/v1/jobs?status=committed"):
            self._job(job)
        late = time.monotonic() - self._sweep_s
        waiting = [each for each, since in self._progress.open.items() if since < late]
        for request_id in waiting[:_LOOKED_AT_ONCE]:
            request = await self._operator.get(f"/v1/requests/{request_id}")
            self._see(request)
            self._progress.open.pop(request_id, None)
            self._progress.acknowledged(request_id)  # again, behind all others

    def _see(self, request: Json) -> None:
        status = RequestStatus(request["status"])
        if REQUEST.is_final(status):
            self._ended(request)
        elif _REACHED.get(status, 0) >= Goal.CONFIRMED:
            self._confirmed(request)
