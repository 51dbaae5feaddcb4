"""Makes a store grow within minutes: more of what is there already, under other names.

Rows are copied whole, over all stores alike, so that they are as consistent as those they were
copied from; only identifiers, places and times are changed.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, String, Table, insert, select, text

from muster.storage.store import Store

Row = dict[str, Any]

_MEMBERS = re.compile(r"(org|cap|aut)_([0-9a-f]{26})[0-9a-f]{6}")
_AFFAIRS = re.compile(r"\b(req|ned|off|bkg|job|ntf|evt)_[0-9a-f]{3}([0-9a-f]{21})[0-9a-f]{8}")
_EARLIER = "010"  # how the identifiers of what is long over begin
_COPY = "c105ed00"  # what the copies have their number in place of
_AGO = timedelta(days=90)
_AT_ONCE = 250  # copies of every row in one transaction


def grow_alliance(stores: Mapping[str, Store], originals: Set[str], copies: range) -> None:
    """Copy these members, with their papers and capabilities, once for each number.

    To be done while no process runs: nobody is told.
    """
    for service, of_member in (("registry", True), ("matching", True), ("notify", False)):
        store = stores[service]
        tables = store.metadata.tables
        names = ("members", "organisations", "authorisations", "capabilities")
        with store.engine.connect() as connection, connection.begin():
            for table in (tables[name] for name in names if name in tables):
                rows = [row for row in _rows(connection, table) if _owner(row) in originals]
                for copy in copies:
                    draw = random.Random(copy)
                    made = [_member_copy(row, copy, draw, moved=of_member) for row in rows]
                    connection.execute(insert(table), made)


def providers_of(matching: Store) -> Set[str]:
    """Return who provides anything."""
    with matching.engine.connect() as connection, connection.begin():
        rows = connection.execute(select(matching.metadata.tables["capabilities"].c.provider_id))
        return set(rows.scalars())


def _owner(row: Row) -> str:
    return str(row["provider_id"] if "provider_id" in row else row["organisation_id"])


def _member_copy(row: Row, copy: int, draw: random.Random, *, moved: bool) -> Row:
    def renamed(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return _MEMBERS.sub(lambda found: f"{found[1]}_{found[2]}{copy:06x}", value)

    made = {name: renamed(value) for name, value in row.items()}
    if moved and "capability_id" in row:
        made["document"] = _moved(made["document"], draw)
    return made


def _moved(document: str, draw: random.Random) -> str:
    """Move the base a little, so that no two capabilities are equally far from a place."""
    capability = orjson.loads(document)
    found = capability.get("base") or capability["particulars"]["base"]
    found["position"]["latitude"] += draw.uniform(-0.2, 0.2)
    return orjson.dumps(capability).decode()


def grow_history(stores: Mapping[str, Store], closed: int) -> int:
    """Copy requests that are closed, with all that is kept of them, until so many are there.

    Those whose rows are forgotten after days (outbox, inbox, answers, live stream) are not copied.
    Return how many were made.
    """
    affairs = _affairs(stores)
    copies = closed // len(affairs.requests)
    for service, wanted in affairs.rows.items():
        store = stores[service]
        for name, rows in wanted.items():
            _multiply(store, store.metadata.tables[name], [_past(row) for row in rows], copies)
    return copies * len(affairs.requests)


class _affairs:  # noqa: N801
    """The rows that are kept of some closed requests, by service and table."""

    def __init__(self, stores: Mapping[str, Store], most: int = 40) -> None:
        matching = self._reader(stores["matching"])
        self.requests = matching("requests", "status", ["closed"])[:most]
        ids = [row["request_id"] for row in self.requests]
        own = {
            name: matching(name, "request_id", ids)
            for name in ("offers", "bookings", "jobs", "explanations")
        }
        small = min(own["explanations"], key=lambda row: len(row["document"]))
        for row in own["explanations"]:
            row["document"] = small["document"]
        dispatch = self._reader(stores["dispatch"])
        jobs = dispatch("jobs", "request_id", ids)
        job_ids = [row["job_id"] for row in jobs]
        things = [*ids, *job_ids]
        things += [row["offer_id"] for row in own["offers"]]
        things += [row["booking_id"] for row in own["bookings"]]
        notify = self._reader(stores["notify"])
        told = notify("notifications", "subject", things)
        self.rows: dict[str, dict[str, list[Row]]] = {
            "matching": {
                "requests": self.requests,
                **own,
                "transitions": matching("transitions", "thing_id", things),
            },
            "dispatch": {
                "jobs": jobs,
                "heard_requests": dispatch("heard_requests", "request_id", ids),
                "timeline_entries": dispatch("timeline_entries", "job_id", job_ids),
                "transitions": dispatch("transitions", "thing_id", job_ids),
            },
            "notify": {
                "notifications": told,
                "attempts": notify(
                    "attempts", "notification_id", [row["notification_id"] for row in told]
                ),
            },
        }

    def _reader(self, store: Store) -> Callable[[str, str, Sequence[str]], list[Row]]:
        def read(name: str, column: str, values: Sequence[str]) -> list[Row]:
            table = store.metadata.tables[name]
            with store.engine.connect() as connection, connection.begin():
                return _rows(connection, table, table.c[column].in_(values))

        return read


def _rows(connection: Connection, table: Table, *where: Any) -> list[Row]:
    columns = [column for column in table.c if column.autoincrement is not True]
    return [dict(row) for row in connection.execute(select(*columns).where(*where)).mappings()]


def _past(row: Row) -> Row:
    """Return the row with its identifiers ready to be numbered, long ago."""

    def changed(value: Any) -> Any:
        if isinstance(value, datetime):
            return value - _AGO
        if isinstance(value, str):
            return _AFFAIRS.sub(lambda found: f"{found[1]}_{_EARLIER}{found[2]}{_COPY}", value)
        return value

    return {name: changed(value) for name, value in row.items()}


def _multiply(store: Store, table: Table, rows: Iterable[Row], copies: int) -> None:
    """Let the database copy the rows, each copy with its number in its identifiers."""
    rows = list(rows)
    if not rows:
        return
    quoted = store.engine.dialect.identifier_preparer.quote
    names = {name: quoted(name) for name in rows[0]}
    scratch = Table("bench_scratch", table.metadata.__class__())
    for name in names:
        scratch.append_column(table.c[name]._copy(primary_key=False, unique=None, index=None))  # noqa: SLF001
    sqlite = store.engine.dialect.name == "sqlite"
    number = "printf('%08x', n)" if sqlite else "lpad(to_hex(n), 8, '0')"
    numbers = (
        "(WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) "
        "SELECT n FROM s)"
        if sqlite
        else "(SELECT generate_series(CAST(:first AS int), CAST(:last AS int)) AS n)"
    )
    chosen = ", ".join(
        f"replace({column}, '{_COPY}', {number})"
        if isinstance(table.c[name].type, String)
        else column
        for name, column in names.items()
    )
    copy = text(
        f"INSERT INTO {quoted(table.name)} ({', '.join(names.values())}) "
        f"SELECT {chosen} FROM bench_scratch, {numbers} AS numbers"
    )
    with store.engine.connect() as connection, connection.begin():
        scratch.create(connection)
        connection.execute(insert(scratch), rows)
    for first in range(1, copies + 1, _AT_ONCE):
        last = min(copies, first + _AT_ONCE - 1)
        with store.engine.connect() as connection, connection.begin():
            connection.execute(copy, {"first": first, "last": last})
    with store.engine.connect() as connection, connection.begin():
        scratch.drop(connection)
