"""FollowJob: what dispatch says of a job starts the service, frees capacity, closes the request."""

from sqlalchemy import Insert, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.dispatch import JobStatusChanged
from muster.contracts.vocabulary.statuses import JobStatus, RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, calendar, track_records
from services.matching.domain.request import Request
from services.matching.record import save_request
from services.matching.tables import REQUESTS, jobs
from services.matching.track_records import Tally


def _keep_newer(dialect: str) -> Insert:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(jobs)
    upsert: Insert = statement.on_conflict_do_update(
        index_elements=[jobs.c.job_id],
        set_={name: statement.excluded[name] for name in ("version", "status", "final")},
        where=jobs.c.version < statement.excluded.version,
    )
    return upsert


_KEEP_NEWER = {dialect: _keep_newer(dialect) for dialect in ("sqlite", "postgresql")}
_ENDED = select(jobs.c.provider_id).where(
    jobs.c.request_id == bindparam("request_id"), jobs.c.final.is_(True)
)
# A job in one of these has been in service, whichever report came first.
_STARTED = frozenset({JobStatus.IN_SERVICE, JobStatus.RELEASED, JobStatus.COMPLETED})
_AT_WORK = frozenset({RequestStatus.CONFIRMED, RequestStatus.IN_SERVICE})


def follow_job(work: UnitOfWork, said: JobStatusChanged) -> None:
    """Take note of a job's status; what is older than what is known changes nothing.

    The request is only kept from others if the status may matter to it: most do not.
    """
    if not _is_news(work, said) or not (said.final or said.status in _STARTED):
        return
    request = REQUESTS.find(work.connection, said.request_id, lock=True)
    if request is None:
        return
    if said.final:
        own = [a.booking_id for a in request.assignments if a.provider_id == said.provider_id]
        ended = sorted(set(said.booking_ids) & set(own))
        calendar.release(work, ended, f"the job is {said.status}")
    if request.status is RequestStatus.CONFIRMED and said.status in _STARTED:
        request = _start(work, request)
    if request.status in _AT_WORK and said.final and _all_jobs_ended(work, request):
        closed = request.become(RequestStatus.CLOSED)
        save_request(work, request, closed, announcements.closed(closed), "all jobs have ended")
    _count(work, said)


def _count(work: UnitOfWork, said: JobStatusChanged) -> None:
    """Count a job that has just ended; one that was cancelled speaks neither for nor against."""
    if said.status is JobStatus.COMPLETED and said.before is not JobStatus.COMPLETED:
        track_records.count(work, Tally(said.provider_id, completed=1))
    elif said.status is JobStatus.ABORTED and said.before is not JobStatus.ABORTED:
        track_records.count(work, Tally(said.provider_id, aborted=1))


def _start(work: UnitOfWork, request: Request) -> Request:
    started = request.become(RequestStatus.IN_SERVICE)
    event = announcements.service_started(started)
    save_request(work, request, started, event, "the first provider is at work")
    return started


def _is_news(work: UnitOfWork, said: JobStatusChanged) -> bool:
    """Keep the report if none as new is known of this job; tell whether it was kept."""
    row = {
        "job_id": said.job_id,
        "request_id": said.request_id,
        "provider_id": said.provider_id,
        "version": said.version,
        "status": said.status.value,
        "final": said.final,
    }
    kept = work.connection.execute(
        _KEEP_NEWER[work.connection.dialect.name],
        row,
        execution_options={"preserve_rowcount": True},
    )
    return bool(kept.rowcount == 1)


def _all_jobs_ended(work: UnitOfWork, request: Request) -> bool:
    ended = set(work.connection.execute(_ENDED, {"request_id": request.request_id}).scalars())
    return all(assignment.provider_id in ended for assignment in request.assignments)
