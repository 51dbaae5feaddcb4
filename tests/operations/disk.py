"""How much disk a request takes, from submission to its end: `python -m tests.operations.disk`.

Of PostgreSQL it is the growth of its tables and indexes, and of the log that a backup keeps; of
SQLite that of its files, after what it writes first to `-wal` is in them.
"""

import argparse
import sys

import psycopg

from muster.contracts.catalogue import OWNERS
from tests.load import Load, Target, account
from tests.operations.house import POSTGRESQL, SQLITE, House, house
from tests.reports import keep_report

SETTLED_S = 300


def main() -> int:
    """Measure, tell, and keep the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.operations.disk", description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    requests = parser.parse_args().requests
    told = {store: measured(store, requests) for store in (POSTGRESQL, SQLITE)}
    path = keep_report("disk", {"requests": requests, "kilobytes_per_request": told})
    sys.stdout.write(f"{told}\n{path}\n")
    return 0


def measured(store: str, requests: int) -> dict[str, float]:
    """Return how many kilobytes each part has grown by, for each request."""
    with house(store) as muster:
        target = Target.of(muster.up())
        with Load(target, 1, muster.home / "ledger.jsonl") as load:
            load.probe()
            load.settle(SETTLED_S)  # what only the first one costs
            before = sizes(muster)
            for _ in range(requests):
                load.probe()
            load.settle(SETTLED_S)
        account(target, muster.home / "ledger.jsonl").assert_nothing_lost()
        after = sizes(muster)
    return {name: round((after[name] - before[name]) / requests / 1024, 1) for name in after}


def sizes(muster: House) -> dict[str, int]:
    """Return how many bytes each database takes, and how many were written to the log."""
    if muster.cluster is None:
        files = {each: muster.directory / "data" / f"{each}.db" for each in OWNERS}
        return {
            name: sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))
            for name, path in files.items()
        }
    with psycopg.connect(muster.cluster.address("postgres"), autocommit=True) as connection:
        found = {
            service: _number(connection, f"SELECT pg_database_size('muster_{service}')")
            for service in OWNERS
        }
        written = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
        return {**found, "log": _number(connection, written)}


def _number(connection: psycopg.Connection[tuple[int]], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    sys.exit(main())
