"""The system a load is put on: its address, an operator's credentials, its stores and broker."""

import json
from dataclasses import dataclass
from pathlib import Path

from muster.cli.bootstrap import open_stores
from muster.cli.running import Running
from muster.settings import Settings
from muster.storage.store import Store


@dataclass(frozen=True)
class Target:
    """Where to find everything of a running system."""

    api: str
    client_id: str
    client_secret: str
    database_url: str
    amqp_url: str

    @classmethod
    def of(cls, running: Running) -> "Target":
        """Return the target that a system which was started is."""
        mine = json.loads(Path(running.credentials).read_text())
        return cls(
            running.api,
            mine["client_id"],
            mine["client_secret"],
            running.database_url,
            running.amqp_url,
        )

    def stores(self) -> dict[str, Store]:
        """Open the stores of all services, to look at them from outside; dispose of the engines."""
        return open_stores(Settings(database_url=self.database_url))
