"""Notice that a check-in did not come."""

from muster.contracts.dispatch import CheckInMissed
from muster.contracts.vocabulary.identifiers import JobId
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch import counting
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import JOBS
from services.dispatch.use_cases.record_keeping import CHECK_IN_DUE, keep_entry, keep_timer


def notice_missed_check_in(work: UnitOfWork, job_id: JobId) -> None:
    """Count and tell the missed check-ins of the job, and wait for the next.

    A timer that fires although nothing is missed has no effect.
    """
    job = JOBS.find(work.connection, job_id, lock=True)
    if job is None or job.watch is None:
        return
    watch = job.watch.missed_by(work.now)
    if watch == job.watch:
        work.schedule(CHECK_IN_DUE, job_id, watch.deadline)
        return
    changed = job.with_watch(watch)
    JOBS.save(work, changed)
    keep_timer(work, job, changed)
    counting.missed(work, job, watch.missed - job.watch.missed)
    due_at, missed = watch.last_due_at, watch.missed
    keep_entry(
        work,
        job.job_id,
        EntryKind.CHECK_IN_MISSED,
        work.context.actor,
        due_at,
        {"due_at": due_at.isoformat(), "missed": missed},
    )
    work.record(
        CheckInMissed(
            job_id=job.job_id,
            request_id=job.request_id,
            enterprise_id=job.enterprise_id,
            provider_id=job.provider_id,
            due_at=due_at,
            missed=missed,
        ),
        version=changed.version,
    )
