"""What dispatch counts for operators; it shows when the transaction commits."""

from datetime import datetime

from muster.contracts.vocabulary.statuses import JobStatus
from muster.observability.metrics_of_work import CHECK_INS_MISSED, SLA_BREACHES
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.job import Job


def missed(work: UnitOfWork, job: Job, number: int) -> None:
    """Count check-ins that did not come."""
    work.count(CHECK_INS_MISSED, by=number)
    work.count(SLA_BREACHES, "check_in", job.urgency, by=number)


def stepped(work: UnitOfWork, job: Job, occurred_at: datetime) -> None:
    """Count a team that arrived after the window had begun, though it could have been in time."""
    arrived = JobStatus.IN_SERVICE if job.remote else JobStatus.ON_SCENE
    if job.status is arrived and job.opened_at <= job.window.starts_at < occurred_at:
        work.count(SLA_BREACHES, "arrival", job.urgency)
