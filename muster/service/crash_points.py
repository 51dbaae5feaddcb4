"""Ends the process at a chosen step, as a crash would: for tests of what survives that.

`MUSTER_CRASH_AT` names a file. While the file is there, it says at which step to crash, and at
which passing of it: ``worker.after_commit:20``. Whoever comes there removes the file and is gone,
so each order is carried out once, and the process that is started next lives. Only tests may set
it (`muster.switches`). Where it is not set nothing of this is in the way: the stores and
subscribers are the plain ones.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine, MetaData

from muster.clock import Clock
from muster.context import Context
from muster.contracts.vocabulary.identifiers import Ids
from muster.contracts.vocabulary.kinds import Role
from muster.messaging.ports import Delivery, Subscriber
from muster.service.platform import SubscriberSource
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork

KILLED = 137  # what a shell reports of kill -9


class Step(StrEnum):
    """Where a process can be made to crash."""

    API_BEFORE_COMMIT = "api.before_commit"
    API_AFTER_COMMIT = "api.after_commit"  # and before the answer
    WORKER_BEFORE_COMMIT = "worker.before_commit"
    WORKER_AFTER_COMMIT = "worker.after_commit"
    WORKER_BEFORE_ACK = "worker.before_ack"  # retries and dead letters are out by then
    RELAY_AFTER_PUBLISH = "relay.after_publish"
    RELAY_BEFORE_MARK = "relay.before_mark"  # marked, but not committed
    RELAY_AFTER_MARK = "relay.after_mark"
    TIMER_BEFORE_COMMIT = "timer.before_commit"
    TIMER_AFTER_COMMIT = "timer.after_commit"


class CrashPoints:
    """Counts the steps that are passed, and ends the process when the order says so."""

    def __init__(self, orders: Path, end: Callable[[int], object] = os._exit) -> None:
        self._orders = orders
        self._end = end
        self._order = ""
        self._times = 0
        self._turn = threading.Lock()

    def passed(self, step: Step | None) -> None:
        """Crash if this is where the order says."""
        order = self._read()
        name, _, times = order.partition(":")
        if step is None or name != step:
            return
        with self._turn:
            if order != self._order:
                self._order, self._times = order, 0
            self._times += 1
            if self._times < int(times or 1):
                return
            try:
                self._orders.unlink()
            except FileNotFoundError:
                return  # another process was quicker
        sys.stderr.write(f"crashing at {order}, as {self._orders} says\n")
        sys.stderr.flush()
        self._end(KILLED)

    def _read(self) -> str:
        try:
            return self._orders.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""


# By who acts in a unit of work: at its begin, before its commit, after it.
_MOMENTS: dict[str, tuple[Step | None, Step | None, Step | None]] = {
    "relay": (Step.RELAY_AFTER_PUBLISH, Step.RELAY_BEFORE_MARK, Step.RELAY_AFTER_MARK),
    "service": (None, Step.WORKER_BEFORE_COMMIT, Step.WORKER_AFTER_COMMIT),
    "timer": (None, Step.TIMER_BEFORE_COMMIT, Step.TIMER_AFTER_COMMIT),
    **dict.fromkeys(Role, (None, Step.API_BEFORE_COMMIT, Step.API_AFTER_COMMIT)),
}


class CrashingStore(Store):
    """A store whose units of work pass crash points."""

    def __init__(
        self,
        service: str,
        engine: Engine,
        metadata: MetaData,
        clock: Clock,
        ids: Ids,
        points: CrashPoints,
    ) -> None:
        super().__init__(service, engine, metadata, clock, ids)
        self._points = points

    @contextmanager
    def begin(self, context: Context) -> Iterator[UnitOfWork]:
        """Open a unit of work; raises as that of a plain store does."""
        who = context.actor.name.partition(":")[0]
        at_begin, before, after = _MOMENTS.get(who, (None, None, None))
        self._points.passed(at_begin)
        with super().begin(context) as work:
            yield work
            self._points.passed(before)
        self._points.passed(after)


class CrashingSubscribers:
    """Subscribers that pass a crash point before each ack."""

    def __init__(self, source: SubscriberSource, points: CrashPoints) -> None:
        self._source = source
        self._points = points

    def subscriber(self, queue: str, prefetch: int) -> Subscriber:
        """Return a subscriber of this queue."""
        return _CrashingSubscriber(self._source.subscriber(queue, prefetch), self._points)


class _CrashingSubscriber:
    def __init__(self, subscriber: Subscriber, points: CrashPoints) -> None:
        self._subscriber = subscriber
        self._points = points

    def poll(self, limit: int) -> list[Delivery]:
        return self._subscriber.poll(limit)

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self._points.passed(Step.WORKER_BEFORE_ACK)
        self._subscriber.ack(deliveries)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        self._subscriber.release(deliveries)

    def close(self) -> None:
        self._subscriber.close()
