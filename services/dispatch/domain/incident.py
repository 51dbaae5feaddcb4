"""An incident: something happened on a job."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from muster.contracts.vocabulary.identifiers import IncidentId, JobId, OrganisationId, RequestId
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import INCIDENT, IncidentSeverity, IncidentStatus
from muster.contracts.vocabulary.values import Position


@dataclass(frozen=True)
class Incident:
    """What happened, how grave it is, and how far it has been dealt with."""

    incident_id: IncidentId
    job_id: JobId
    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    severity: IncidentSeverity
    sos: bool
    summary: str
    position: Position | None
    reported_by: Actor
    occurred_at: datetime
    reported_at: datetime
    status: IncidentStatus = IncidentStatus.REPORTED
    version: int = 1

    def step(self, status: IncidentStatus) -> Self:
        """Return the incident after this step; raise IllegalTransition if it is not allowed."""
        INCIDENT.check(self.status, status)
        return replace(self, status=status, version=self.version + 1)


def severity_of(reported: IncidentSeverity | None, *, sos: bool) -> IncidentSeverity:
    """Return how grave it is: a call for help is always extreme."""
    if sos or reported is None:
        return IncidentSeverity.EXTREME
    return reported
