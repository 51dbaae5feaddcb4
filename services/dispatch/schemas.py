"""What dispatch takes over HTTP."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from muster.contracts.event import Contract
from muster.contracts.vocabulary.statuses import IncidentSeverity, IncidentStatus, JobStatus
from muster.contracts.vocabulary.values import Instant, Position

Reason = Annotated[str, Field(max_length=2000)]
# When it happened; now if left out. May lie in the past, then the report is kept in its place.
OccurredAt = Annotated[
    Instant | None, Field(description="When it happened, with offset; default: now.")
]


class ReportStatus(Contract):
    """A step of a job. Ending it early needs a reason."""

    status: JobStatus
    occurred_at: OccurredAt = None
    reason: Reason = ""

    @model_validator(mode="after")
    def _say_why(self) -> Self:
        ends_early = self.status in {JobStatus.CANCELLED, JobStatus.ABORTED}
        if ends_early and not self.reason.strip():
            raise ValueError(f"give a reason for a job that is {self.status}")
        return self


class ReportDelay(Contract):
    """Late, or late no longer."""

    delayed: bool
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class ReportPosition(Contract):
    """Where the team was."""

    position: Position
    occurred_at: OccurredAt = None


class CheckIn(Contract):
    """The team is well."""

    occurred_at: OccurredAt = None
    position: Position | None = None
    note: Reason = ""


class ReportIncident(Contract):
    """Something happened. A call for help (sos) is extreme, whatever severity it names."""

    severity: IncidentSeverity | None = None
    sos: bool = False
    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    position: Position | None = None
    occurred_at: OccurredAt = None

    @model_validator(mode="after")
    def _say_how_grave(self) -> Self:
        if self.severity is None and not self.sos:
            raise ValueError("give a severity (minor, moderate, severe, extreme), or sos: true")
        return self


class SteerIncident(Contract):
    """A step of an incident."""

    status: IncidentStatus
    reason: Reason = ""
