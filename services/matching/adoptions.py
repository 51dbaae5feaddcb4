"""Which rule packs came into force, when, and what that changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from muster.contracts.vocabulary.errors import DomainError
from services.matching.tables import rule_packs

_LATEST = select(rule_packs).order_by(rule_packs.c.sequence.desc()).limit(1)


@dataclass(frozen=True)
class Adoption:
    """One rule pack coming into force.

    `reached` is the last request judged again under it; the adoption is over when `finished_at`
    is set. The same pack may be adopted again after another one.
    """

    sequence: int
    rule_pack: str
    previous: str
    adopted_at: datetime
    finished_at: datetime | None = None
    reached: str = ""
    requests_checked: int = 0
    assignments_flagged: int = 0
    offers_withdrawn: int = 0


def latest_adoption(connection: Connection, *, lock: bool = False) -> Adoption | None:
    """Return the adoption of the pack in force; `lock` lets others wait until commit."""
    query = _LATEST.with_for_update() if lock else _LATEST
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Adoption(**row)


def list_adoptions(connection: Connection, *, after: str | None, limit: int) -> list[Adoption]:
    """Return adoptions for operators, the latest first."""
    query = select(rule_packs).order_by(rule_packs.c.sequence.desc()).limit(limit)
    if after is not None:
        query = query.where(rule_packs.c.sequence < _sequence(after))
    return [Adoption(**row) for row in connection.execute(query).mappings()]


def is_due(latest: Adoption | None, rule_pack: str, since: datetime) -> bool:
    """Tell whether a process that has used this pack since then has something to do for it.

    Where another pack was adopted after the process had started, that one counts: while a new
    version is rolled out, old processes still run.
    """
    if latest is None:
        return True
    if latest.rule_pack == rule_pack:
        return latest.finished_at is None
    return latest.adopted_at < since


def _sequence(after: str) -> int:
    if not after.isdecimal() or len(after) > 9:
        raise DomainError("This cursor belongs to another list. Start again without a cursor.")
    return int(after)
