"""What dispatch answers over HTTP."""

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field

from muster.contracts.event import Contract
from muster.contracts.matching import Assignment, Principal
from muster.contracts.vocabulary.identifiers import IncidentId, JobId, OrganisationId, RequestId
from muster.contracts.vocabulary.statuses import IncidentSeverity, IncidentStatus, JobStatus
from muster.contracts.vocabulary.values import Place, Position, Window
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import Job
from services.dispatch.domain.timeline import EntryKind, TimelineEntry
from services.dispatch.domain.track import TrackPoint
from services.dispatch.queries import JobReading


class JobFlagView(Contract):
    """A rule that the provider of a job, committed as it is, does not pass any more."""

    rule: str
    wanted: Annotated[str, Field(description="What would make it pass.")]
    fact: Annotated[
        str | None, Field(description="What was found; for the provider and operators only.")
    ]
    since: AwareDatetime

    @classmethod
    def all_of(cls, reading: JobReading) -> tuple[Self, ...]:
        """Return what stands against the provider of a job."""
        flag = reading.flag
        if flag is None:
            return ()
        return tuple(
            cls(
                rule=each.rule,
                wanted=each.wanted,
                fact=each.fact if reading.whole else None,
                since=flag.since,
            )
            for each in flag.findings
        )


class JobView(Contract):
    """A job as its enterprise, its provider and operators see it."""

    job_id: JobId
    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    status: JobStatus
    delayed: bool
    remote: Annotated[bool, Field(description="Desk work only: nobody travels.")]
    place: Place
    window: Window
    principal: Principal
    assignments: tuple[Assignment, ...]
    flags: Annotated[
        tuple[JobFlagView, ...],
        Field(description="Rules the provider does not pass any more; operators decide."),
    ]
    next_check_in_due_at: AwareDatetime | None
    missed_check_ins: Annotated[int, Field(description="In a row, up to now.")]
    opened_at: AwareDatetime
    ended_at: AwareDatetime | None
    version: int

    @classmethod
    def of(cls, reading: JobReading) -> Self:
        """Return the view of a job."""
        job = reading.job
        principal = job.principal
        return cls(
            job_id=job.job_id,
            request_id=job.request_id,
            enterprise_id=job.enterprise_id,
            provider_id=job.provider_id,
            status=job.status,
            delayed=job.delayed,
            remote=job.remote,
            place=job.place,
            window=job.window,
            principal=Principal(
                name=principal.name,
                contact=principal.contact,
                instructions=principal.instructions,
            ),
            assignments=tuple(
                Assignment(
                    offer_id=assignment.offer_id,
                    booking_id=assignment.booking_id,
                    need_id=assignment.need_id,
                    kind=assignment.kind,
                    provider_id=job.provider_id,
                    capability_id=assignment.capability_id,
                    capability_name=assignment.capability_name,
                    quantity=assignment.quantity,
                    price=assignment.price,
                )
                for assignment in job.assignments
            ),
            flags=JobFlagView.all_of(reading),
            next_check_in_due_at=job.watch.next_due_at if job.watch else None,
            missed_check_ins=job.watch.missed if job.watch else 0,
            opened_at=job.opened_at,
            ended_at=job.ended_at,
            version=job.version,
        )


class CheckInView(Contract):
    """How the watch over a job stands after a check-in."""

    job_id: JobId
    next_check_in_due_at: AwareDatetime | None
    missed_check_ins: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the state of the job's watch."""
        return cls(
            job_id=job.job_id,
            next_check_in_due_at=job.watch.next_due_at if job.watch else None,
            missed_check_ins=job.watch.missed if job.watch else 0,
        )


class PositionView(Contract):
    """A point of a track."""

    sequence: Annotated[int, Field(description="In the order of arrival.")]
    position: Position
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime

    @classmethod
    def of(cls, point: TrackPoint) -> Self:
        """Return the view of a point."""
        return cls(
            sequence=point.sequence,
            position=point.position,
            occurred_at=point.occurred_at,
            recorded_at=point.recorded_at,
        )


class IncidentView(Contract):
    """An incident."""

    incident_id: IncidentId
    job_id: JobId
    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    severity: IncidentSeverity
    sos: bool
    summary: str
    position: Position | None
    status: IncidentStatus
    reported_by: OrganisationId | None
    occurred_at: AwareDatetime
    reported_at: AwareDatetime
    version: int

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """Return the view of an incident."""
        return cls(
            incident_id=incident.incident_id,
            job_id=incident.job_id,
            request_id=incident.request_id,
            enterprise_id=incident.enterprise_id,
            provider_id=incident.provider_id,
            severity=incident.severity,
            sos=incident.sos,
            summary=incident.summary,
            position=incident.position,
            status=incident.status,
            reported_by=incident.reported_by.organisation_id,
            occurred_at=incident.occurred_at,
            reported_at=incident.reported_at,
            version=incident.version,
        )


class TimelineEntryView(Contract):
    """One thing that happened on a job, when it happened and when it became known."""

    sequence: Annotated[int, Field(description="In the order of arrival.")]
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    kind: EntryKind
    detail: dict[str, Any]
    actor: str
    organisation_id: OrganisationId | None
    out_of_order: Annotated[bool, Field(description="A later report had overtaken it.")]
    late: Annotated[bool, Field(description="Recorded over five minutes after it happened.")]

    @classmethod
    def of(cls, entry: TimelineEntry) -> Self:
        """Return the view of an entry."""
        return cls(
            sequence=entry.sequence,
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            kind=entry.kind,
            detail=dict(entry.detail),
            actor=entry.actor.name,
            organisation_id=entry.actor.organisation_id,
            out_of_order=entry.out_of_order,
            late=entry.late,
        )
