"""Take the word of a provider that it will be late, or no longer."""

from muster.access import Caller
from muster.contracts.dispatch import JobDelayed
from muster.contracts.vocabulary.identifiers import JobId
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.job import Job
from services.dispatch.domain.reports import refuse_after_the_end
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import JOBS
from services.dispatch.use_cases.record_keeping import keep_entry
from services.dispatch.use_cases.visibility import job_of_provider


def report_delay(
    work: UnitOfWork, caller: Caller, job_id: JobId, delayed: bool, reason: str
) -> Job:
    """Set or clear the flag and return the job; saying the same again only adds to the timeline.

    Raises NotFound for a stranger, Conflict after the end of the job.
    """
    job = job_of_provider(work, caller, job_id)
    refuse_after_the_end(job, work.now)
    detail = {"delayed": delayed, "reason": reason}
    keep_entry(work, job.job_id, EntryKind.DELAY, caller.actor, work.now, detail)
    if job.delayed is delayed:
        return job
    changed = job.with_delay(delayed)
    JOBS.save(work, changed)
    work.record(
        JobDelayed(
            job_id=job.job_id,
            request_id=job.request_id,
            enterprise_id=job.enterprise_id,
            provider_id=job.provider_id,
            delayed=delayed,
            reason=reason,
        ),
        version=changed.version,
    )
    return changed
