"""End the jobs of a cancelled request."""

from datetime import datetime

from muster.contracts.matching import RequestCancelled
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.heard_request import HeardRequest
from services.dispatch.domain.job import Job
from services.dispatch.domain.reports import closing_step
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import HEARD_REQUESTS, JOBS, jobs
from services.dispatch.use_cases.record_keeping import keep_entry, tell_step


def cancel_jobs(work: UnitOfWork, cancelled: RequestCancelled, occurred_at: datetime) -> list[Job]:
    """End every job of the request that is not final yet; return those.

    The cancellation is remembered, because its confirmation may still be on its way. A repeat
    changes nothing.
    """
    heard = HEARD_REQUESTS.find(work.connection, cancelled.request_id, lock=True)
    if heard is None:
        # Nothing was opened yet: the row alone will tell open_jobs.
        HEARD_REQUESTS.add(work, HeardRequest(cancelled.request_id, occurred_at, cancelled.reason))
        return []
    if heard.cancelled_at is not None:
        return []
    HEARD_REQUESTS.save(work, heard.cancelled(occurred_at, cancelled.reason))
    found = JOBS.list(work.connection, jobs.c.request_id == cancelled.request_id, lock=True)
    return [
        ended
        for job in found
        if (ended := _end(work, job, occurred_at, cancelled.reason)) is not None
    ]


def _end(work: UnitOfWork, job: Job, occurred_at: datetime, reason: str) -> Job | None:
    actor = work.context.actor
    if job.is_final:
        detail = {"note": "The request was cancelled after the job had ended.", "reason": reason}
        keep_entry(work, job.job_id, EntryKind.NOTE, actor, occurred_at, detail)
        return None
    ended = job.step(closing_step(job), occurred_at, work.now)
    JOBS.save(work, ended)
    tell_step(work, job, ended, actor, occurred_at, reason)
    return ended
