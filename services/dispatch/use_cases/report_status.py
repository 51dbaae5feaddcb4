"""Take a status report on a job."""

from datetime import datetime

from muster.access import Caller
from muster.contracts.vocabulary.errors import Forbidden
from muster.contracts.vocabulary.identifiers import JobId
from muster.contracts.vocabulary.statuses import JobStatus
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.job import Job
from services.dispatch.domain.reports import Verdict, judge, time_of
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import JOBS
from services.dispatch.use_cases.record_keeping import keep_entry, tell_step
from services.dispatch.use_cases.visibility import job_of_provider


def report_status(
    work: UnitOfWork,
    caller: Caller,
    job_id: JobId,
    status: JobStatus,
    occurred_at: datetime | None = None,
    reason: str = "",
) -> Job:
    """Move the job to `status`, or keep the report of what it has long passed; return the job.

    Raises NotFound for a stranger, FromTheFuture, IllegalTransition with the allowed steps, and
    Forbidden if a provider would cancel instead of abort.
    """
    job = job_of_provider(work, caller, job_id)
    if status is JobStatus.CANCELLED and not caller.is_operator:
        raise Forbidden(
            "A provider cannot cancel a job it is bound to. Report it aborted, with the reason, "
            "or ask the enterprise or an operator to cancel."
        )
    happened_at = time_of(occurred_at, work.now)
    verdict = judge(job, status, happened_at)
    if verdict is Verdict.STEP:
        moved = job.step(status, happened_at, work.now)
        JOBS.save(work, moved)
        tell_step(work, job, moved, caller.actor, happened_at, reason)
        return moved
    keep_entry(
        work,
        job.job_id,
        EntryKind.STATUS,
        caller.actor,
        happened_at,
        {
            "status": status.value,
            "reason": reason,
            "repeated": verdict is Verdict.REPEATED,
        },
        out_of_order=verdict is Verdict.OUT_OF_ORDER,
    )
    return job
