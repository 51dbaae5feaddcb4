"""Idempotency keys: a request that is sent again has no second effect and gets the first answer.

The key is claimed first, in the same transaction as the effect. A racing twin waits for that row
(PostgreSQL) or for the write lock (SQLite); then it finds the finished answer and replays it. If
the first one rolled back, its claim is gone too and the twin does the work.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from fastapi import Request
from sqlalchemy import ColumnElement, Table, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from muster.web import scope as keys
from muster.web.errors import IdempotencyKeyReused, ShownOnlyOnce, UnacceptableInput

HEADER = "Idempotency-Key"
ANONYMOUS = "anonymous"  # the client id of callers of public routes

_ACCEPTABLE = re.compile(r"[!-~]{1,255}")
_NOT_KEPT = b""  # in place of a body that must not be stored; only a 204 has none by itself


@dataclass(frozen=True)
class Answer:
    """The status and body of a response."""

    status: int
    body: bytes
    replayed: bool = False


@dataclass(frozen=True)
class Claim:
    """Whose key, and the fingerprint of the request it stands for."""

    client_id: str
    key: str
    fingerprint: str


def claim_of(request: Request, client_id: str) -> Claim | None:
    """Return the claim a request makes, or None; raise UnacceptableInput for a bad key."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _ACCEPTABLE.fullmatch(key):
        raise UnacceptableInput(
            HEADER, "is not a usable key", "1 to 255 visible ASCII characters, such as a UUID"
        )
    url = request.url
    fingerprint = sha256(f"{request.method} {url.path}?{url.query}\n".encode())
    fingerprint.update(request.scope.get(keys.BODY, b""))
    return Claim(client_id, key, fingerprint.hexdigest())


def run_once(
    work: UnitOfWork, store: Store, claim: Claim, act: Callable[[], Answer], *, replayable: bool
) -> Answer:
    """Run `act` unless this claim's request was done before; return the first answer.

    Raises IdempotencyKeyReused if the key stood for another request, and ShownOnlyOnce if the
    first answer was not kept.
    """
    table = store.metadata.tables["idempotency_keys"]
    if not _take(work, table, claim):
        return _replay(work, table, claim)
    answer = act()
    body = answer.body if replayable else _NOT_KEPT
    work.connection.execute(
        update(table).where(_is(table, claim)).values(status=answer.status, body=body)
    )
    return answer


def _take(work: UnitOfWork, table: Table, claim: Claim) -> bool:
    insert = sqlite.insert if work.connection.dialect.name == "sqlite" else postgresql.insert
    row = {
        "client_id": claim.client_id,
        "key": claim.key,
        "fingerprint": claim.fingerprint,
        "status": 0,
        "body": b"",
        "recorded_at": work.now,
    }
    statement = insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return work.connection.execute(statement, row).rowcount == 1


def _replay(work: UnitOfWork, table: Table, claim: Claim) -> Answer:
    row = work.connection.execute(
        select(table.c.fingerprint, table.c.status, table.c.body).where(_is(table, claim))
    ).one()
    if row.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    answer = Answer(row.status, bytes(row.body))
    if answer.body == _NOT_KEPT and answer.status != 204:
        raise ShownOnlyOnce
    return replace(answer, replayed=True)


def _is(table: Table, claim: Claim) -> ColumnElement[bool]:
    return and_(table.c.client_id == claim.client_id, table.c.key == claim.key)
