"""The read side: what a caller may see of jobs, incidents, tracks and timelines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select, tuple_

from muster.access import Caller
from muster.contracts.vocabulary.errors import DomainError
from muster.contracts.vocabulary.identifiers import JobId, RequestId
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import IncidentStatus, JobStatus
from muster.contracts.vocabulary.values import Position
from services.dispatch.domain.flag import Flag
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import Job
from services.dispatch.domain.timeline import EntryKind, TimelineEntry
from services.dispatch.domain.track import TrackPoint
from services.dispatch.flags import Flags, flags_of
from services.dispatch.tables import (
    INCIDENTS,
    JOBS,
    incidents,
    jobs,
    positions,
    timeline_entries,
)
from services.dispatch.use_cases.visibility import see_as_party


@dataclass(frozen=True)
class JobReading:
    """A job and what stands against its provider; `whole` tells whether with what was found."""

    job: Job
    flag: Flag | None
    whole: bool


def read(connection: Connection, caller: Caller, found: Sequence[Job]) -> list[JobReading]:
    """Return these jobs, each with its raised flag while it is not over.

    What was found about a provider is for itself and for operators.
    """
    known = flags_of(connection, sorted({job.request_id for job in found}))
    whole = caller.is_operator or caller.role is Role.PROVIDER
    return [JobReading(job, _standing(job, known), whole) for job in found]


def _standing(job: Job, known: Flags) -> Flag | None:
    flag = known.get((job.request_id, job.provider_id))
    return flag if flag is not None and flag.raised and not job.is_final else None


def get_job(connection: Connection, caller: Caller, job_id: JobId) -> Job:
    """Return the job; raise NotFound if there is none that the caller may see."""
    job = JOBS.get(connection, job_id)
    see_as_party(caller, "job", job_id, job.enterprise_id, job.provider_id)
    return job


def list_jobs(
    connection: Connection,
    caller: Caller,
    limit: int,
    after: str | None = None,
    status: JobStatus | None = None,
    request_id: RequestId | None = None,
) -> list[Job]:
    """Return the caller's jobs in the order they were opened, one more than `limit` if any."""
    where = _own(caller, jobs)
    if after is not None:
        where.append(jobs.c.job_id > after)
    if status is not None:
        where.append(jobs.c.status == status.value)
    if request_id is not None:
        where.append(jobs.c.request_id == request_id)
    return JOBS.list(connection, *where, limit=limit + 1)


def list_incidents(
    connection: Connection,
    caller: Caller,
    limit: int,
    after: str | None = None,
    status: IncidentStatus | None = None,
    job_id: JobId | None = None,
) -> list[Incident]:
    """Return the caller's incidents in the order they were reported, one more than `limit`.

    Raises NotFound if a job is named that the caller may not see.
    """
    where = _own(caller, incidents)
    if job_id is not None:
        get_job(connection, caller, job_id)
        where.append(incidents.c.job_id == job_id)
    if after is not None:
        where.append(incidents.c.incident_id > after)
    if status is not None:
        where.append(incidents.c.status == status.value)
    return INCIDENTS.list(connection, *where, limit=limit + 1)


def list_timeline(
    connection: Connection, caller: Caller, job_id: JobId, limit: int, after: str | None = None
) -> list[TimelineEntry]:
    """Return the job's entries in the order they happened, one more than `limit` if any."""
    get_job(connection, caller, job_id)
    query = _in_order(timeline_entries, job_id, limit, after)
    return [_entry(row) for row in connection.execute(query)]


def list_positions(
    connection: Connection, caller: Caller, job_id: JobId, limit: int, after: str | None = None
) -> list[TrackPoint]:
    """Return the job's track in the order it was travelled, one more than `limit` if any."""
    get_job(connection, caller, job_id)
    query = _in_order(positions, job_id, limit, after)
    return [
        TrackPoint(
            Position(row.latitude, row.longitude), row.occurred_at, row.recorded_at, row.sequence
        )
        for row in connection.execute(query)
    ]


def _own(caller: Caller, table: Table) -> list[ColumnElement[bool]]:
    if caller.is_operator:
        return []
    owner = "provider_id" if caller.role is Role.PROVIDER else "enterprise_id"
    return [table.c[owner] == caller.organisation_id]


def _in_order(table: Table, job_id: JobId, limit: int, after: str | None) -> Select[Any]:
    query = select(table).where(table.c.job_id == job_id)
    if after is not None:
        last = table.alias("last")
        moment = tuple_(table.c.occurred_at, table.c.sequence)
        last_moment = select(last.c.occurred_at, last.c.sequence).where(
            last.c.job_id == job_id, last.c.sequence == _sequence(after)
        )
        query = query.where(moment > last_moment.scalar_subquery())
    return query.order_by(table.c.occurred_at, table.c.sequence).limit(limit + 1)


def _sequence(after: str) -> int:
    if not after.isdecimal() or len(after) > 18:
        raise DomainError("This cursor belongs to another list. Start again without a cursor.")
    return int(after)


def _entry(row: Row[Any]) -> TimelineEntry:
    return TimelineEntry(
        job_id=row.job_id,
        kind=EntryKind(row.kind),
        actor=Actor(row.actor, row.organisation_id),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        detail=row.detail,
        out_of_order=row.out_of_order,
        sequence=row.sequence,
    )
