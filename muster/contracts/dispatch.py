"""What dispatch says: how jobs and incidents fare."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from muster.contracts.event import Event
from muster.contracts.restoration import SubscriptionRestored
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    IncidentId,
    JobId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.statuses import IncidentSeverity, IncidentStatus, JobStatus
from muster.contracts.vocabulary.values import Position


class JobEvent(Event):
    """Base of events about a job."""

    about: ClassVar[str] = "job_id"

    job_id: JobId
    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId


class JobOpened(JobEvent):
    """A provider of a confirmed request has a job."""

    event_type: ClassVar[str] = "muster.dispatch.job.opened.v1"

    booking_ids: Annotated[tuple[BookingId, ...], Field(min_length=1)]


class JobStatusChanged(JobEvent):
    """A job took a step; a final one frees its bookings in matching."""

    event_type: ClassVar[str] = "muster.dispatch.job-status.changed.v1"

    version: Annotated[int, Field(ge=1)]
    before: JobStatus
    status: JobStatus
    final: bool
    delayed: bool
    reason: str
    booking_ids: tuple[BookingId, ...]
    occurred_at: AwareDatetime


class JobDelayed(JobEvent):
    """The provider says it will be late, or no longer."""

    event_type: ClassVar[str] = "muster.dispatch.job.delayed.v1"

    delayed: bool
    reason: str


class PositionReported(JobEvent):
    """Where a provider's team was."""

    event_type: ClassVar[str] = "muster.dispatch.position.reported.v1"

    position: Position
    occurred_at: AwareDatetime


class CheckInReceived(JobEvent):
    """The team says it is well."""

    event_type: ClassVar[str] = "muster.dispatch.check-in.received.v1"

    occurred_at: AwareDatetime


class CheckInMissed(JobEvent):
    """A check-in that was due did not come; `missed` counts those in a row."""

    event_type: ClassVar[str] = "muster.dispatch.check-in.missed.v1"

    due_at: AwareDatetime
    missed: Annotated[int, Field(ge=1)]


class IncidentReported(JobEvent):
    """Something happened on a job; an SOS is an incident of extreme severity."""

    event_type: ClassVar[str] = "muster.dispatch.incident.reported.v1"

    incident_id: IncidentId
    severity: IncidentSeverity
    sos: bool
    summary: str
    position: Position | None = None
    occurred_at: AwareDatetime


class IncidentStatusChanged(JobEvent):
    """An incident took a step."""

    event_type: ClassVar[str] = "muster.dispatch.incident-status.changed.v1"

    incident_id: IncidentId
    before: IncidentStatus
    status: IncidentStatus
    reason: str


class DispatchSubscriptionRestored(SubscriptionRestored):
    """A queue of dispatch was made anew: what it may have missed is to be said once more."""

    event_type: ClassVar[str] = "muster.dispatch.subscription.restored.v1"


EVENTS: tuple[type[Event], ...] = (
    JobOpened,
    JobStatusChanged,
    JobDelayed,
    PositionReported,
    CheckInReceived,
    CheckInMissed,
    IncidentReported,
    IncidentStatusChanged,
    DispatchSubscriptionRestored,
)
