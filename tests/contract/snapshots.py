"""Databases in memory, put back to how they were."""

import sqlite3
from collections.abc import Mapping
from typing import cast

from muster.storage.store import Store


class Snapshot:
    """What the stores held when it was taken. They have to be SQLite in memory."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self._kept: list[tuple[sqlite3.Connection, sqlite3.Connection]] = []
        for store in stores.values():
            raw = store.engine.raw_connection()
            live = cast(sqlite3.Connection, raw.driver_connection)
            raw.close()  # goes back to the pool of one, and stays open
            kept = sqlite3.connect(":memory:", check_same_thread=False)
            live.backup(kept)
            self._kept.append((live, kept))

    def restore(self) -> None:
        """Undo everything since."""
        for live, kept in self._kept:
            kept.backup(live)

    def close(self) -> None:
        """Forget what was kept."""
        for _, kept in self._kept:
            kept.close()
