"""Idempotency keys: a request that is sent again has no second effect and gets the first answer.

The key is claimed first, in the same transaction as the effect. A racing twin waits for that row
(PostgreSQL) or for the write lock (SQLite); then it finds the finished answer and replays it. If
the first one rolled back, its claim is gone too and the twin does the work.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from fastapi import Request
from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.vocabulary.errors import InputRefused
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from muster.web import scope as keys
from muster.web.errors import IdempotencyKeyReused, ShownOnlyOnce

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
    """Return the claim a request makes, or None; raise InputRefused for a bad key."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _ACCEPTABLE.fullmatch(key):
        raise InputRefused(
            HEADER, "is not a usable key", "1 to 255 visible ASCII characters, such as a UUID"
        )
    url = request.url
    fingerprint = sha256(f"{request.method} {url.path}?{url.query}\n".encode())
    fingerprint.update(request.scope.get(keys.BODY, b""))
    return Claim(client_id, key, fingerprint.hexdigest())


class IdempotencyKeys:
    """The keys of one service's store."""

    def __init__(self, store: Store) -> None:
        table = store.metadata.tables["idempotency_keys"]
        insert = sqlite.insert if store.engine.dialect.name == "sqlite" else postgresql.insert
        mine = and_(table.c.client_id == bindparam("of"), table.c.key == bindparam("named"))
        # Built once: putting these together costs more than running them.
        self._take = insert(table).on_conflict_do_nothing()
        self._keep = update(table).where(mine)
        self._find = select(table.c.fingerprint, table.c.status, table.c.body).where(mine)

    def run_once(
        self, work: UnitOfWork, claim: Claim, act: Callable[[], Answer], *, replayable: bool
    ) -> Answer:
        """Run `act` unless this claim's request was done before; return the first answer.

        Raises IdempotencyKeyReused if the key stood for another request, and ShownOnlyOnce if
        the first answer was not kept.
        """
        if not self._taken(work, claim):
            return self._replay(work, claim)
        answer = act()
        body = answer.body if replayable else _NOT_KEPT
        work.postpone(self._keep_answers, {**_named(claim), "status": answer.status, "body": body})
        return answer

    def _keep_answers(self, work: UnitOfWork, answers: list[dict[str, Any]]) -> None:
        work.connection.execute(self._keep, answers)

    def _taken(self, work: UnitOfWork, claim: Claim) -> bool:
        row = {
            "client_id": claim.client_id,
            "key": claim.key,
            "fingerprint": claim.fingerprint,
            "status": 0,
            "body": _NOT_KEPT,
            "recorded_at": work.now,
        }
        done = work.connection.execute(
            self._take, row, execution_options={"preserve_rowcount": True}
        )
        return done.rowcount == 1

    def _replay(self, work: UnitOfWork, claim: Claim) -> Answer:
        row = work.connection.execute(self._find, _named(claim)).one()
        if row.fingerprint != claim.fingerprint:
            raise IdempotencyKeyReused
        answer = Answer(row.status, bytes(row.body), replayed=True)
        if answer.body == _NOT_KEPT and answer.status != 204:
            raise ShownOnlyOnce
        return answer


def _named(claim: Claim) -> dict[str, Any]:
    return {"of": claim.client_id, "named": claim.key}
