"""Take a team's word that it is well."""

from datetime import datetime

from muster.access import Caller
from muster.contracts.dispatch import CheckInReceived
from muster.contracts.vocabulary.identifiers import JobId
from muster.contracts.vocabulary.values import Position
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.job import Job
from services.dispatch.domain.reports import refuse_after_the_end, time_of
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import JOBS
from services.dispatch.use_cases.record_keeping import (
    keep_entry,
    keep_position,
    keep_timer,
    point,
)
from services.dispatch.use_cases.visibility import job_of_provider


def check_in(
    work: UnitOfWork,
    caller: Caller,
    job_id: JobId,
    occurred_at: datetime | None = None,
    position: Position | None = None,
    note: str = "",
) -> Job:
    """Clear the count of missed check-ins, set when the next is due, and return the job.

    A check-in that a later one overtook, or that comes while none is expected, is kept and moves
    nothing. Raises NotFound for a stranger, FromTheFuture, Conflict after the end of the job.
    """
    job = job_of_provider(work, caller, job_id)
    happened_at = time_of(occurred_at, work.now)
    refuse_after_the_end(job, happened_at)
    overtaken = job.watch is not None and job.watch.is_old(happened_at)
    detail: dict[str, object] = {"note": note}
    if position is not None:
        detail["position"] = point(position)
        keep_position(work, job, position, happened_at)
    keep_entry(
        work,
        job.job_id,
        EntryKind.CHECK_IN,
        caller.actor,
        happened_at,
        detail,
        out_of_order=overtaken,
    )
    heard = _heard(work, job, happened_at)
    work.record(
        CheckInReceived(
            job_id=job.job_id,
            request_id=job.request_id,
            enterprise_id=job.enterprise_id,
            provider_id=job.provider_id,
            occurred_at=happened_at,
        ),
        version=heard.version if heard is not job else None,
    )
    return heard


def _heard(work: UnitOfWork, job: Job, happened_at: datetime) -> Job:
    if job.watch is None:
        return job
    watch = job.watch.heard(happened_at, work.now)
    if watch == job.watch:
        return job
    heard = job.with_watch(watch)
    JOBS.save(work, heard)
    keep_timer(work, job, heard)
    return heard
