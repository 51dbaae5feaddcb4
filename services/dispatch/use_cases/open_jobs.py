"""Open the jobs of a confirmed request."""

from datetime import datetime

from muster.contracts.dispatch import JobOpened
from muster.contracts.matching import Assignment as CommittedAssignment
from muster.contracts.matching import RequestConfirmed
from muster.contracts.vocabulary.identifiers import JobId, OrganisationId, Prefix
from muster.contracts.vocabulary.lifecycle import Transition
from muster.contracts.vocabulary.statuses import JobStatus
from muster.storage.unit_of_work import UnitOfWork
from services.dispatch.domain.heard_request import HeardRequest
from services.dispatch.domain.job import Assignment, Job, Principal
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.flags import flags_of
from services.dispatch.tables import HEARD_REQUESTS, JOBS, jobs
from services.dispatch.use_cases.record_keeping import keep_entry, keep_flag_entry, tell_step


def open_jobs(work: UnitOfWork, confirmed: RequestConfirmed, occurred_at: datetime) -> list[Job]:
    """Open one job for each provider that has none yet for this request; return the new ones.

    If the request is already known to be cancelled, each job is opened and cancelled at once, so
    that its bookings are reported free.
    """
    heard = HEARD_REQUESTS.find(work.connection, confirmed.request_id, lock=True)
    if heard is None:
        heard = HeardRequest(confirmed.request_id)
        HEARD_REQUESTS.add(work, heard)
        served: set[OrganisationId] = set()
    else:
        there = JOBS.list(work.connection, jobs.c.request_id == confirmed.request_id)
        served = {job.provider_id for job in there}
    by_provider: dict[OrganisationId, list[CommittedAssignment]] = {}
    for assignment in confirmed.assignments:
        by_provider.setdefault(assignment.provider_id, []).append(assignment)
    return [
        _open(work, _job(work, confirmed, provider_id, assignments), heard, occurred_at)
        for provider_id, assignments in by_provider.items()
        if provider_id not in served
    ]


def _job(
    work: UnitOfWork,
    confirmed: RequestConfirmed,
    provider_id: OrganisationId,
    assignments: list[CommittedAssignment],
) -> Job:
    return Job(
        job_id=JobId(work.ids.new(Prefix.JOB)),
        request_id=confirmed.request_id,
        enterprise_id=confirmed.enterprise_id,
        provider_id=provider_id,
        place=confirmed.place,
        window=confirmed.window,
        principal=Principal(
            name=confirmed.principal.name,
            contact=confirmed.principal.contact,
            instructions=confirmed.principal.instructions,
        ),
        assignments=tuple(
            Assignment(
                offer_id=assignment.offer_id,
                booking_id=assignment.booking_id,
                need_id=assignment.need_id,
                kind=assignment.kind,
                capability_id=assignment.capability_id,
                capability_name=assignment.capability_name,
                quantity=assignment.quantity,
                price=assignment.price,
            )
            for assignment in assignments
        ),
        check_in_interval_seconds=confirmed.terms.check_in_interval_seconds,
        opened_at=work.now,
        urgency=confirmed.urgency,
    )


def _open(work: UnitOfWork, job: Job, heard: HeardRequest, occurred_at: datetime) -> Job:
    _tell_opening(work, job, occurred_at)
    flag = flags_of(work.connection, [job.request_id]).get((job.request_id, job.provider_id))
    if flag is not None:  # heard before the confirmation
        keep_flag_entry(work, job.job_id, flag)
    if heard.cancelled_at is None:
        JOBS.add(work, job)
        return job
    cancelled = job.step(JobStatus.CANCELLED, heard.cancelled_at, work.now)
    JOBS.add(work, cancelled)
    tell_step(work, job, cancelled, work.context.actor, heard.cancelled_at, heard.reason)
    return cancelled


def _tell_opening(work: UnitOfWork, job: Job, occurred_at: datetime) -> None:
    actor = work.context.actor
    work.remember(Transition("job", job.job_id, "", job.status, actor, "", occurred_at, work.now))
    keep_entry(work, job.job_id, EntryKind.STATUS, actor, occurred_at, {"status": job.status.value})
    work.record(
        JobOpened(
            job_id=job.job_id,
            request_id=job.request_id,
            enterprise_id=job.enterprise_id,
            provider_id=job.provider_id,
            booking_ids=job.booking_ids,
        ),
        version=job.version,
    )
