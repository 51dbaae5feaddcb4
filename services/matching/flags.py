"""Flags: who is committed and no longer passes the rules."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, bindparam, exists, select

from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId
from muster.contracts.vocabulary.statuses import RequestStatus
from services.matching.domain.flag import Flag, FlagStatus
from services.matching.tables import FLAGS, flags, jobs, requests

AT_WORK = (RequestStatus.CONFIRMED, RequestStatus.IN_SERVICE)
_CONCERNS_SOMEBODY = (
    exists()
    .where(
        requests.c.request_id == flags.c.request_id,
        requests.c.status.in_([status.value for status in AT_WORK]),
    )
    .correlate(flags)
)
_WORK_HAS_ENDED = (
    exists()
    .where(
        jobs.c.request_id == flags.c.request_id,
        jobs.c.provider_id == flags.c.provider_id,
        jobs.c.final.is_(True),
    )
    .correlate(flags)
)
_FLAGS_OF = FLAGS.lister(flags.c.request_id)
_ENDED_FOR = select(jobs.c.provider_id).where(
    jobs.c.request_id == bindparam("request"), jobs.c.final.is_(True)
)


def list_flags(
    connection: Connection,
    *,
    status: FlagStatus | None,
    request_id: RequestId | None,
    after: str | None,
    limit: int,
) -> list[Flag]:
    """Return flags for operators, by id; raised ones only while the work goes on."""
    where: list[ColumnElement[bool]] = []
    if status is not None:
        where.append(flags.c.status == status.value)
    if status is FlagStatus.RAISED:
        where += [_CONCERNS_SOMEBODY, ~_WORK_HAS_ENDED]
    if request_id is not None:
        where.append(flags.c.request_id == request_id)
    if after is not None:
        where.append(flags.c.flag_id > after)
    return FLAGS.list(connection, *where, limit=limit)


def raised_on(
    connection: Connection, request_ids: Collection[RequestId]
) -> dict[RequestId, tuple[Flag, ...]]:
    """Return the raised flags of these requests, by request and provider, while work goes on."""
    found: dict[RequestId, tuple[Flag, ...]] = {}
    raised = FLAGS.list(
        connection,
        flags.c.request_id.in_(request_ids),
        flags.c.status == FlagStatus.RAISED.value,
        _CONCERNS_SOMEBODY,
        ~_WORK_HAS_ENDED,
        order_by=flags.c.provider_id,
    )
    for flag in raised:
        found[flag.request_id] = (*found.get(flag.request_id, ()), flag)
    return found


def known_of(connection: Connection, request_id: RequestId) -> dict[OrganisationId, Flag]:
    """Return every flag of a request whose lock is held, by provider."""
    found = _FLAGS_OF(connection, request_id)
    return {flag.provider_id: flag for flag in found}


def ended_for(connection: Connection, request_id: RequestId) -> frozenset[OrganisationId]:
    """Return the providers whose work for this request has ended."""
    ended = connection.execute(_ENDED_FOR, {"request": request_id}).scalars()
    return frozenset(map(OrganisationId, ended))
