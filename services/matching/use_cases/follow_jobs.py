"""FollowJobs: what dispatch says of jobs starts services, frees capacity, closes requests."""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import Insert, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from muster.contracts.dispatch import JobStatusChanged
from muster.contracts.vocabulary.statuses import JobStatus, RequestStatus
from muster.messaging.envelope import Envelope
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


def follow_jobs(work: UnitOfWork, heard: Sequence[Envelope]) -> None:
    """Take note of what is said of jobs; what is older than what is known changes nothing.

    A request is only kept from others if a status may matter to it: most do not. All jobs are
    written before any request is locked, both in the order of their ids, so that workers who share
    the reports never wait for each other in a ring.
    """
    by_job = sorted(heard, key=lambda envelope: envelope.event.subject)
    news = {it.id for it in by_job if _is_news(work, _report(it))}
    matter = [it for it in heard if it.id in news and _matters(_report(it))]
    matter.sort(key=lambda envelope: _report(envelope).request_id)
    for request_id, reports in groupby(matter, lambda envelope: _report(envelope).request_id):
        request = REQUESTS.find(work.connection, request_id, lock=True)
        if request is not None:
            _follow(work, request, list(reports))


def _report(envelope: Envelope) -> JobStatusChanged:
    assert isinstance(envelope.event, JobStatusChanged)
    return envelope.event


def _matters(said: JobStatusChanged) -> bool:
    return said.final or said.status in _STARTED


def _follow(work: UnitOfWork, request: Request, reports: Sequence[Envelope]) -> None:
    started = next((it for it in reports if _report(it).status in _STARTED), None)
    if started is not None and request.status is RequestStatus.CONFIRMED:
        with work.caused_by(started):
            request = _start(work, request)
    ended = [it for it in reports if _report(it).final]
    for envelope in ended:
        with work.caused_by(envelope):
            _end(work, request, _report(envelope))
    if ended and request.status in _AT_WORK and _all_jobs_ended(work, request):
        closed = request.become(RequestStatus.CLOSED)
        with work.caused_by(ended[-1]):
            save_request(work, request, closed, announcements.closed(closed), "all jobs have ended")


def _end(work: UnitOfWork, request: Request, said: JobStatusChanged) -> None:
    own = [a.booking_id for a in request.assignments if a.provider_id == said.provider_id]
    ended = sorted(set(said.booking_ids) & set(own))
    calendar.release(work, ended, f"the job is {said.status}")
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
