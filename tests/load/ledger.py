"""What a client did and was told, on disk before it counts: a line of JSON for each."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

Entry = dict[str, Any]

# What an entry is about, under "is".
DUE = "due"  # a submission that is about to be sent, with its idempotency key
ACKNOWLEDGED = "acknowledged"  # a submission that was answered 2xx
REFUSED = "refused"  # a submission that was answered otherwise, for good
OFFERED = "offered"  # the first offer for a request was heard of
ACCEPTED = "accepted"  # an acceptance was answered 2xx
DECLINED = "declined"  # so was a refusal
CONFIRMED = "confirmed"
STEP = "step"  # a report on a job was answered 2xx
ENDED = "ended"  # a request is in a final state
TROUBLE = "trouble"  # something that should not have happened
MARK = "mark"  # what the tester did


class Ledger:
    """A file that only grows. Entries are written and synced together, off the caller's thread.

    Use it as a context manager; when that ends, all is on disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waiting: list[tuple[bytes, Future[None]]] = []
        self._some = threading.Condition()
        self._closing = False
        self._writer = threading.Thread(target=self._write, name="ledger")

    def note(self, kind: str, **more: object) -> "Future[None]":
        """Write an entry down; what it returns is done once the entry is on disk."""
        line = orjson.dumps({"is": kind, "at": time.time(), **more}) + b"\n"
        kept: Future[None] = Future()
        with self._some:
            self._waiting.append((line, kept))
            self._some.notify()
        return kept

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._some:
            self._closing = True
            self._some.notify()
        self._writer.join()

    def _write(self) -> None:
        with self.path.open("ab", buffering=0) as file:
            while batch := self._next():
                file.write(b"".join(line for line, _ in batch))
                os.fdatasync(file.fileno())
                for _, kept in batch:
                    kept.set_result(None)

    def _next(self) -> list[tuple[bytes, "Future[None]"]]:
        with self._some:
            self._some.wait_for(lambda: self._waiting or self._closing)
            batch, self._waiting = self._waiting, []
            return batch


def entries(path: Path) -> Iterator[Entry]:
    """Yield what is in a ledger, in the order in which it was written."""
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)
