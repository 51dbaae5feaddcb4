"""Accounts for a ledger, inside a container of the worker: it reaches databases and broker."""

import sys
from pathlib import Path

import orjson

from muster.cli.bootstrap import open_stores
from muster.settings import Settings
from muster.storage.store import Store
from tests.load.accounting import account
from tests.load.target import Target


class Inside(Target):
    """The system as its own worker sees it."""

    def stores(self) -> dict[str, Store]:
        """Open every service's store with the login the worker has."""
        return open_stores(Settings())


def main(ledger: Path) -> None:
    """Print what became of everything in the ledger, as JSON."""
    target = Inside("", "", "", "", Settings().amqp_url_of("matching"))
    found = account(target, ledger, at_rest_within_s=120)
    sys.stdout.buffer.write(orjson.dumps(found.as_json()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
