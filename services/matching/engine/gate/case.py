"""What is judged: one candidate for one need, and who would then work for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    GuardRequirement,
    Requirement,
    VehicleRequirement,
)
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import REMOTE_KINDS, Environment, Urgency
from muster.contracts.vocabulary.values import Window
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member
from services.matching.domain.request import Need, Request
from services.matching.engine.geography import by_land
from services.matching.engine.once import once
from services.matching.engine.policy import Decision, Matter, Policy
from services.matching.engine.travel import arrival_hours

_SECONDS = 3600.0


def matter_of(provider_id: OrganisationId, request: Request, need: Need) -> Matter:
    """Return what an operator would have to decide, if the law leaves it open."""
    return Matter(provider_id, request.place.country, need.kind, is_armed(need.required))


def is_armed(required: Requirement) -> bool:
    """Tell whether arms are asked for."""
    return isinstance(required, GuardRequirement) and required.armed


def environment_of(required: Requirement) -> Environment | None:
    """Return where the work is done, as far as the kind of work tells land from sea."""
    if isinstance(required, GuardRequirement | VehicleRequirement):
        return required.environment
    return None


def wanted_by(request: Request, now: datetime) -> datetime:
    """Return when whoever serves the request has to be there.

    That is when the window starts. Once it has started, and in an emergency, help that comes
    late is better than none, so anything before the window's end will do.
    """
    late_is_better_than_never = request.urgency is Urgency.EMERGENCY
    begun = request.window.starts_at <= now
    return (
        request.window.ends_at if begun or late_is_better_than_never else request.window.starts_at
    )


@dataclass(frozen=True)
class Engagement:
    """A provider at work for an enterprise, whatever it costs and however it comes there.

    `provider` or `enterprise` is None while matching has not heard of it. `window` is what is
    still ahead of the request's window. `decision` is what an operator decided of the matter.
    """

    request: Request
    need: Need
    attributes: CapabilityAttributes
    provider: Member | None
    enterprise: Member | None
    window: Window
    policy: Policy
    decision: Decision | None


@dataclass(frozen=True)
class Case:
    """One capability for one need; `refused` says that its provider was asked in vain before."""

    now: datetime
    request: Request
    need: Need
    window: Window
    capability: Capability
    provider: Member | None
    enterprise: Member | None
    policy: Policy
    refused: bool = False
    decision: Decision | None = None

    @once
    def engagement(self) -> Engagement:
        """Return who would work for whom."""
        return Engagement(
            self.request,
            self.need,
            self.capability.attributes,
            self.provider,
            self.enterprise,
            self.window,
            self.policy,
            self.decision,
        )

    @once
    def distance_km(self) -> float:
        """Return how far the base is from the place; 0 for work from a desk."""
        if self.need.kind in REMOTE_KINDS:
            return 0.0
        return self.capability.base.position.distance_km(self.request.place.position)

    @once
    def arrival_hours(self) -> float:
        """Return in how many hours whoever is asked now can be there."""
        base, host = self.capability.base.country, self.request.place.country
        return arrival_hours(
            self.policy.travel,
            self.need.required,
            lead_hours=self.capability.lead_time_minutes / 60,
            distance_km=self.distance_km,
            by_land=base in by_land(host),
            crosses_border=base != host,
        )

    @once
    def arrives_at(self) -> datetime:
        """Return the earliest arrival, to the second."""
        return self.now + timedelta(seconds=round(self.arrival_hours * _SECONDS))
