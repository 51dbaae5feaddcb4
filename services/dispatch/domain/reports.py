"""What a status report means for a job: a step, a repeat, or news of something long past."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from muster.contracts.vocabulary.errors import Conflict, IllegalTransition, InputRefused
from muster.contracts.vocabulary.statuses import JOB, JobStatus
from services.dispatch.domain.job import RANK, Job

CLOCKS_DIFFER_BY = timedelta(minutes=5)


class FromTheFuture(InputRefused):
    """A report of something that has not happened yet."""


class Verdict(StrEnum):
    """How a status report is taken."""

    STEP = "step"
    REPEATED = "repeated"
    OUT_OF_ORDER = "out_of_order"


def time_of(occurred_at: datetime | None, now: datetime) -> datetime:
    """Return when it happened, in UTC; now if the report does not say.

    A clock that runs a little ahead is forgiven: nothing is recorded before it happened. Raises
    FromTheFuture if it is later than differing clocks explain.
    """
    if occurred_at is None:
        return now
    if occurred_at - now > CLOCKS_DIFFER_BY:
        raise FromTheFuture(
            "occurred_at",
            f"is {occurred_at.isoformat()}, which lies in the future; check your clock",
            f"a time up to now ({now.isoformat()})",
        )
    return min(occurred_at.astimezone(UTC), now)


def allowed_steps(job: Job) -> frozenset[JobStatus]:
    """Return where this job may go from here; only desk work may skip the journey."""
    allowed = frozenset(JobStatus(status) for status in JOB.allowed[job.status])
    if job.status is JobStatus.ACKNOWLEDGED and not job.remote:
        return allowed - {JobStatus.IN_SERVICE}
    return allowed


def judge(job: Job, status: JobStatus, occurred_at: datetime) -> Verdict:
    """Return how to take the report that the job became `status` at that time.

    Raises IllegalTransition, naming the allowed steps, if it can be none of the three.
    """
    if status is job.status:
        return Verdict.REPEATED
    allowed = allowed_steps(job)
    if status in allowed:
        return Verdict.STEP
    if _is_behind(job, status, occurred_at):
        return Verdict.OUT_OF_ORDER
    raise IllegalTransition("job", job.status, status, allowed)


def _is_behind(job: Job, status: JobStatus, occurred_at: datetime) -> bool:
    if status not in RANK:
        return False
    # A team may learn late that its job was ended; what it did before is still news.
    return RANK[status] <= RANK[job.reached] or (job.is_final and not job.over_at(occurred_at))


def closing_step(job: Job) -> JobStatus:
    """Return how a job ends when its request is cancelled.

    People who were already released cannot be called back, so that job is aborted instead.
    """
    cancellable = JobStatus.CANCELLED in allowed_steps(job)
    return JobStatus.CANCELLED if cancellable else JobStatus.ABORTED


def refuse_after_the_end(job: Job, occurred_at: datetime) -> None:
    """Pass silently, or raise Conflict if the job had ended when this happened."""
    if job.ended_at is not None and job.over_at(occurred_at):
        raise Conflict(
            f"The job is {job.status} since {job.ended_at.isoformat()}. Report only what happened "
            "before, with its occurred_at; an incident can always be reported."
        )
