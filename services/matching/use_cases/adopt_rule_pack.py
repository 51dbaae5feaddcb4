"""AdoptRulePack: another version of the rules is in force; judge again who is served by it."""

from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.matching import RulePackAdopted
from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.statuses import REQUEST, RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import timers
from services.matching.adoptions import Adoption, is_due, latest_adoption
from services.matching.engine.policy import Policy
from services.matching.tables import REQUESTS, requests, rule_packs
from services.matching.use_cases.recheck_request import recheck_request

PIECE = 20  # requests judged again in one transaction
_ALIVE = sorted(status.value for status in RequestStatus if not REQUEST.is_final(status))


def adopt_rule_pack(work: UnitOfWork, policy: Policy, since: datetime) -> bool:
    """Take the next step in adopting the policy's rule pack; tell whether there is another.

    First the adoption is written down, then all requests that are not over are judged again, a
    piece at a time, and at last it is said what came of it. Several workers may take the steps of
    one adoption by turns; one that was interrupted goes on where it was. `since` is when the
    calling process began to use the pack.
    """
    latest = latest_adoption(work.connection, lock=True)
    pack = policy.pack.version
    if not is_due(latest, pack, since):
        return False
    if latest is None or latest.rule_pack != pack:
        _begin(work, latest, pack)
        return True
    return _go_on(work, latest, policy)


def _begin(work: UnitOfWork, latest: Adoption | None, pack: str) -> None:
    adoption = Adoption(
        sequence=latest.sequence + 1 if latest else 1,
        rule_pack=pack,
        previous=latest.rule_pack if latest else "",
        adopted_at=work.now,
    )
    dialect = sqlite if work.connection.dialect.name == "sqlite" else postgresql
    # If another worker was faster, its adoption is found in the next step.
    work.connection.execute(dialect.insert(rule_packs).on_conflict_do_nothing(), asdict(adoption))


def _go_on(work: UnitOfWork, adoption: Adoption, policy: Policy) -> bool:
    piece = (
        work.connection.execute(
            select(requests.c.request_id)
            .where(requests.c.request_id > adoption.reached, requests.c.status.in_(_ALIVE))
            .order_by(requests.c.request_id)
            .limit(PIECE)
        )
        .scalars()
        .all()
    )
    for request_id in map(RequestId, piece):
        adoption = _recheck(work, adoption, request_id, policy)
    if not piece:
        adoption = replace(adoption, finished_at=work.now)
        _tell(work, adoption)
    work.connection.execute(
        update(rule_packs)
        .where(rule_packs.c.sequence == adoption.sequence)
        .values(asdict(adoption))
    )
    return bool(piece)


def _recheck(
    work: UnitOfWork, adoption: Adoption, request_id: RequestId, policy: Policy
) -> Adoption:
    found = recheck_request(work, request_id, policy)
    request = REQUESTS.get(work.connection, request_id)
    if request.awaits_sourcing(work.now):
        # What stood in its way may be gone, or asked in other words.
        work.schedule(timers.SOURCING, request_id, work.now)
    return replace(
        adoption,
        reached=request_id,
        requests_checked=adoption.requests_checked + 1,
        assignments_flagged=adoption.assignments_flagged + found.flagged,
        offers_withdrawn=adoption.offers_withdrawn + found.withdrawn,
    )


def _tell(work: UnitOfWork, adoption: Adoption) -> None:
    """Say what came of it; the first rules of an empty house are no news."""
    if adoption.previous or adoption.requests_checked:
        work.record(
            RulePackAdopted(
                rule_pack=adoption.rule_pack,
                previous=adoption.previous,
                requests_checked=adoption.requests_checked,
                assignments_flagged=adoption.assignments_flagged,
                offers_withdrawn=adoption.offers_withdrawn,
            )
        )
