"""SQLite databases, put back to how they were."""

import sqlite3
from collections.abc import Mapping
from typing import cast

from muster.storage.store import Store


class Snapshot:
    """What the stores held when it was taken. They have to be SQLite, and at rest."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self._kept: list[tuple[sqlite3.Connection, sqlite3.Connection]] = []
        self._opened: list[sqlite3.Connection] = []
        for store in stores.values():
            live = self._live(store)
            kept = sqlite3.connect(":memory:", check_same_thread=False)
            self._opened.append(kept)
            live.backup(kept)
            self._kept.append((live, kept))

    def _live(self, store: Store) -> sqlite3.Connection:
        if store.engine.url.database:
            own = sqlite3.connect(store.engine.url.database, check_same_thread=False)
            self._opened.append(own)
            return own
        raw = store.engine.raw_connection()
        only = cast(sqlite3.Connection, raw.driver_connection)
        raw.close()  # goes back to the pool of one, and stays open
        return only

    def restore(self) -> None:
        """Undo everything since."""
        for live, kept in self._kept:
            kept.backup(live)

    def close(self) -> None:
        """Forget what was kept."""
        for connection in self._opened:
            connection.close()
