"""The live stream: one reader per process follows the table, and fans out to all listeners."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Row

from muster.access import Caller
from muster.contracts.vocabulary.errors import TransientError
from muster.contracts.vocabulary.kinds import Role
from muster.observability.metrics_of_work import NOTIFICATIONS
from muster.storage.store import Store
from services.notify.domain.audience import hidden_from, without
from services.notify.queries import entries_after, newest_entry

POLL_SECONDS = 0.1
HEARTBEAT_SECONDS = 15.0
PAGE = 500
BACKLOG = 2_000  # entries a listener may lag behind before it is sent away to come back

_PAUSE_AFTER_FAULT = 1.0

Reader = tuple[Role, str] | None  # in which role which organisation listens; None: an operator

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Listener:
    """One connected client. `joined_at` is the last entry it will not get from the queue."""

    reader: Reader
    joined_at: int = 0
    queue: "asyncio.Queue[bytes]" = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    dropped: bool = False

    @property
    def role(self) -> Role:
        """Return the role in which it listens."""
        return Role.OPERATOR if self.reader is None else self.reader[0]


def reader_of(caller: Caller) -> Reader:
    """Return what the caller may see of the stream; an operator sees all."""
    return None if caller.is_operator else (caller.role, caller.own_organisation())


class Hub:
    """Belongs to one event loop. Reads the table only while anybody listens."""

    def __init__(
        self,
        store: Store,
        *,
        stopping: Callable[[], bool] = lambda: False,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._store = store
        self._stopping = stopping
        self._heartbeat_seconds = heartbeat_seconds
        self._listeners: dict[Reader, set[Listener]] = {}
        self._position = 0
        self._tail: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._sent = NOTIFICATIONS.labels("stream", "sent")

    @property
    def following(self) -> bool:
        """Tell whether the table is being read."""
        return self._tail is not None and not self._tail.done()

    async def join(self, reader: Reader) -> Listener:
        """Add a listener; every entry from now on reaches its queue."""
        async with self._starting:
            if not self.following:
                self._position = await asyncio.to_thread(self._newest)
                self._tail = asyncio.create_task(self._follow())
            listener = Listener(reader, self._position)
            self._listeners.setdefault(reader, set()).add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Remove a listener; idempotent."""
        listener.dropped = True
        group = self._listeners.get(listener.reader)
        if group is not None:
            group.discard(listener)
            if not group:
                del self._listeners[listener.reader]

    async def events(
        self, listener: Listener, last_event_id: int | None, lasting: float
    ) -> AsyncIterator[bytes]:
        """Yield server-sent events: first what was missed since `last_event_id`, then live.

        Ends after `lasting` seconds, or when the listener was too slow; the client then comes back
        with the id of the last event it got. The first chunk carries the present position, so
        that this works even for a client that saw no event.
        """
        deadline = asyncio.get_running_loop().time() + lasting
        position = listener.joined_at if last_event_id is None else last_event_id
        yield f": connected\nretry: 2000\nid: {position}\n\n".encode()
        async for missed in self._missed(listener, position):
            yield missed
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            live = await self._next(listener, min(left, self._heartbeat_seconds))
            if live is None:
                return
            yield live

    async def _missed(self, listener: Listener, position: int) -> AsyncIterator[bytes]:
        while position < listener.joined_at:
            rows = await asyncio.to_thread(self._page, position, listener)
            if not rows:
                return
            self._sent.inc(len(rows))
            yield b"".join(_render(row, listener.role) for row in rows)
            position = rows[-1].sequence

    async def _next(self, listener: Listener, patience: float) -> bytes | None:
        """Return what is waiting, or a heartbeat; None when there is no more to come."""
        queue = listener.queue
        if listener.dropped and queue.empty():
            return None
        try:
            chunks = [await asyncio.wait_for(queue.get(), patience)]
        except TimeoutError:
            return b": heartbeat\n\n"
        while not queue.empty():
            chunks.append(queue.get_nowait())
        return b"".join(chunks) or None

    async def _follow(self) -> None:
        while self._listeners:
            if self._stopping():
                self._send_all_away()
                return
            try:
                rows = await asyncio.to_thread(self._after_position)
            except TransientError as error:
                log.warning("the live stream waits for the store: %s", error)
                await asyncio.sleep(_PAUSE_AFTER_FAULT)
                continue
            self._fan_out(rows)
            if len(rows) < PAGE:
                await asyncio.sleep(POLL_SECONDS)

    def _fan_out(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows:
            rendered: dict[Role, bytes] = {}
            for listener in list(self._who_may_see(row)):
                if listener.role not in rendered:
                    rendered[listener.role] = _render(row, listener.role)
                self._put(listener, rendered[listener.role])
            self._position = row.sequence

    def _who_may_see(self, row: Row[Any]) -> Iterable[Listener]:
        yield from self._listeners.get(None, ())
        if row.enterprise_id is not None:
            yield from self._listeners.get((Role.ENTERPRISE, row.enterprise_id), ())
        if row.provider_id is not None:
            yield from self._listeners.get((Role.PROVIDER, row.provider_id), ())

    def _put(self, listener: Listener, chunk: bytes) -> None:
        try:
            listener.queue.put_nowait(chunk)
            self._sent.inc()
        except asyncio.QueueFull:
            self.leave(listener)  # it gets what is queued, then its stream ends

    def _send_all_away(self) -> None:
        for listener in [it for group in self._listeners.values() for it in group]:
            self.leave(listener)
            if not listener.queue.full():
                listener.queue.put_nowait(b"")  # wakes it up

    def _newest(self) -> int:
        with self._store.read() as connection:
            return newest_entry(connection)

    def _after_position(self) -> Sequence[Row[Any]]:
        with self._store.read() as connection:
            return entries_after(connection, self._position, PAGE)

    def _page(self, position: int, listener: Listener) -> Sequence[Row[Any]]:
        with self._store.read() as connection:
            return entries_after(connection, position, PAGE, listener.joined_at, listener.reader)


def _render(row: Row[Any], role: Role) -> bytes:
    body = row.body
    if hidden := hidden_from(role, row.event_type):
        told = orjson.loads(body)
        told["event"] = without(hidden, told["event"])
        body = orjson.dumps(told).decode()
    return f"id: {row.sequence}\nevent: {row.event_type}\ndata: {body}\n\n".encode()
