"""What the rules need to know of an event: whose affair it is, and how grave."""

from dataclasses import dataclass

from muster.contracts.vocabulary.identifiers import EventId, OrganisationId
from muster.contracts.vocabulary.statuses import IncidentSeverity


@dataclass(frozen=True)
class Occurrence:
    """An event, reduced to what decides who is told.

    `member_id` is set where the event is about a member as such, not as a side of a request.
    """

    event_id: EventId
    event_type: str
    enterprise_id: OrganisationId | None = None
    provider_id: OrganisationId | None = None
    member_id: OrganisationId | None = None
    status: str | None = None
    severity: IncidentSeverity | None = None
    missed: int = 0
