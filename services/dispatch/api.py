"""Everything that comes in over HTTP: reports on jobs, and what may be read of them."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from muster.access import Caller, Permission
from muster.contracts.vocabulary.identifiers import IncidentId, JobId, RequestId
from muster.contracts.vocabulary.statuses import IncidentStatus, JobStatus
from muster.web import (
    Command,
    Page,
    PageRequest,
    Paging,
    Query,
    command_in,
    page_of,
    query_in,
)
from services.dispatch import queries
from services.dispatch.domain.job import Job
from services.dispatch.schemas import (
    CheckIn,
    ReportDelay,
    ReportIncident,
    ReportPosition,
    ReportStatus,
    SteerIncident,
)
from services.dispatch.use_cases.check_in import check_in
from services.dispatch.use_cases.report_delay import report_delay
from services.dispatch.use_cases.report_incident import report_incident
from services.dispatch.use_cases.report_position import report_position
from services.dispatch.use_cases.report_status import report_status
from services.dispatch.use_cases.steer_incident import steer_incident
from services.dispatch.views import (
    CheckInView,
    IncidentView,
    JobView,
    PositionView,
    TimelineEntryView,
)

router = APIRouter(prefix="/v1", tags=["jobs"])

ReadJobs = Annotated[Query, query_in("dispatch", Permission.JOBS_READ)]
ReportOnJob = Annotated[Command, command_in("dispatch", Permission.JOBS_REPORT)]


@router.get("/jobs", response_model=Page[JobView])
def list_jobs(
    query: ReadJobs,
    paging: Paging,
    status: JobStatus | None = None,
    request_id: RequestId | None = None,
) -> Response:
    """List the jobs you may see, in the order they were opened."""

    def answer(connection: Connection) -> Page[JobView]:
        found = queries.list_jobs(
            connection, query.caller, paging.limit, paging.after, status, request_id
        )
        views = [JobView.of(each) for each in queries.read(connection, query.caller, found)]
        return page_of(views, paging.limit, lambda job: job.job_id)

    return query.answer(answer)


@router.get("/jobs/{job_id}", response_model=JobView)
def get_job(job_id: JobId, query: ReadJobs) -> Response:
    """Look at one job."""
    return query.answer(
        lambda connection: _view(
            connection, query.caller, queries.get_job(connection, query.caller, job_id)
        )
    )


@router.post("/jobs/{job_id}/status", response_model=JobView)
def post_status(job_id: JobId, body: ReportStatus, command: ReportOnJob) -> Response:
    """Report how far a job has come.

    What the job has already passed is kept on its timeline and leaves the job as it is.
    """
    return command.execute(
        lambda work: _view(
            work.connection,
            command.caller,
            report_status(work, command.caller, job_id, body.status, body.occurred_at, body.reason),
        )
    )


@router.post("/jobs/{job_id}/delay", response_model=JobView)
def post_delay(job_id: JobId, body: ReportDelay, command: ReportOnJob) -> Response:
    """Say that the team will be late, or no longer."""
    return command.execute(
        lambda work: _view(
            work.connection,
            command.caller,
            report_delay(work, command.caller, job_id, body.delayed, body.reason),
        )
    )


@router.post("/jobs/{job_id}/positions", status_code=201, response_model=PositionView)
def post_position(job_id: JobId, body: ReportPosition, command: ReportOnJob) -> Response:
    """Report where the team is, or was."""
    return command.execute(
        lambda work: PositionView.of(
            report_position(work, command.caller, job_id, body.position, body.occurred_at)
        )
    )


@router.get("/jobs/{job_id}/positions", response_model=Page[PositionView])
def list_positions(job_id: JobId, query: ReadJobs, paging: Paging) -> Response:
    """Follow the track of a job."""

    def answer(connection: Connection) -> Page[PositionView]:
        found = queries.list_positions(connection, query.caller, job_id, paging.limit, paging.after)
        views = [PositionView.of(point) for point in found]
        return page_of(views, paging.limit, lambda point: str(point.sequence))

    return query.answer(answer)


@router.post("/jobs/{job_id}/check-ins", status_code=201, response_model=CheckInView)
def post_check_in(job_id: JobId, body: CheckIn, command: ReportOnJob) -> Response:
    """Say that the team is well."""
    return command.execute(
        lambda work: CheckInView.of(
            check_in(work, command.caller, job_id, body.occurred_at, body.position, body.note)
        )
    )


@router.get("/jobs/{job_id}/timeline", response_model=Page[TimelineEntryView])
def get_timeline(job_id: JobId, query: ReadJobs, paging: Paging) -> Response:
    """Read everything that was reported on a job, in the order it happened."""

    def answer(connection: Connection) -> Page[TimelineEntryView]:
        found = queries.list_timeline(connection, query.caller, job_id, paging.limit, paging.after)
        views = [TimelineEntryView.of(entry) for entry in found]
        return page_of(views, paging.limit, lambda entry: str(entry.sequence))

    return query.answer(answer)


@router.post(
    "/jobs/{job_id}/incidents", status_code=201, response_model=IncidentView, tags=["incidents"]
)
def post_incident(
    job_id: JobId,
    body: ReportIncident,
    command: Annotated[Command, command_in("dispatch", Permission.INCIDENTS_REPORT)],
) -> Response:
    """Report that something happened, or call for help."""
    return command.execute(
        lambda work: IncidentView.of(
            report_incident(
                work,
                command.caller,
                job_id,
                body.severity,
                body.summary,
                sos=body.sos,
                position=body.position,
                occurred_at=body.occurred_at,
            )
        )
    )


@router.get("/jobs/{job_id}/incidents", response_model=Page[IncidentView], tags=["incidents"])
def list_incidents_of_job(
    job_id: JobId, query: ReadJobs, paging: Paging, status: IncidentStatus | None = None
) -> Response:
    """List the incidents of a job, in the order they were reported."""
    return _incidents(query, paging, status, job_id)


@router.get("/incidents", response_model=Page[IncidentView], tags=["incidents"])
def list_incidents(
    query: ReadJobs, paging: Paging, status: IncidentStatus | None = None
) -> Response:
    """List the incidents you may see, in the order they were reported."""
    return _incidents(query, paging, status, None)


@router.post("/incidents/{incident_id}/status", response_model=IncidentView, tags=["incidents"])
def post_incident_status(
    incident_id: IncidentId,
    body: SteerIncident,
    command: Annotated[Command, command_in("dispatch", Permission.INCIDENTS_STEER)],
) -> Response:
    """Move an incident on."""
    return command.execute(
        lambda work: IncidentView.of(
            steer_incident(work, command.caller, incident_id, body.status, body.reason)
        )
    )


def _view(connection: Connection, caller: Caller, job: Job) -> JobView:
    return JobView.of(queries.read(connection, caller, [job])[0])


def _incidents(
    query: Query, paging: PageRequest, status: IncidentStatus | None, job_id: JobId | None
) -> Response:
    def answer(connection: Connection) -> Page[IncidentView]:
        found = queries.list_incidents(
            connection, query.caller, paging.limit, paging.after, status, job_id
        )
        views = [IncidentView.of(incident) for incident in found]
        return page_of(views, paging.limit, lambda incident: incident.incident_id)

    return query.answer(answer)
