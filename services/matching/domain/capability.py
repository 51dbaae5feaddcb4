"""What matching knows of members and what they hold: its projection of the registry."""

from dataclasses import dataclass
from functools import cached_property

from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import AuthorisationKind, CapabilityKind
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    CapabilityStatus,
    MemberStatus,
)
from muster.contracts.vocabulary.values import Coverage, Place, Price, Window


@dataclass(frozen=True)
class Licence:
    """A licence or permit as the gate reads it: what it allows, where, for how long."""

    kind: AuthorisationKind
    status: AuthorisationStatus
    jurisdiction: Country | None
    activities: frozenset[CapabilityKind]
    armed: bool
    valid: Window

    def allows(self, kind: CapabilityKind, country: Country, *, armed: bool) -> bool:
        """Tell whether it speaks of this work in this country; see `holds_through` for when."""
        return (
            self.jurisdiction == country and kind in self.activities and (self.armed or not armed)
        )

    def holds_through(self, window: Window) -> bool:
        """Tell whether it is verified and valid for the whole window."""
        return self.status is AuthorisationStatus.VERIFIED and self.valid.contains(window)


@dataclass(frozen=True)
class Provider:
    """A member that provides, with the licences and permits that make its work lawful."""

    provider_id: OrganisationId
    version: int
    name: str
    home_country: Country
    status: MemberStatus
    licences: tuple[Licence, ...] = ()

    def may_work(
        self, kind: CapabilityKind, country: Country, window: Window, *, armed: bool
    ) -> bool:
        """Tell whether one of its papers makes this work lawful for the whole window."""
        for paper in self.licences:  # a loop, for it runs for every candidate of every need
            if paper.allows(kind, country, armed=armed) and paper.holds_through(window):
                return True
        return False

    @property
    def is_active(self) -> bool:
        """Tell whether it may be asked and may answer."""
        return self.status is MemberStatus.ACTIVE


@dataclass(frozen=True)
class Capability:
    """What a provider can bring, how much of it, where, when and for what price."""

    capability_id: CapabilityId
    version: int
    provider_id: OrganisationId
    name: str
    status: CapabilityStatus
    attributes: CapabilityAttributes
    capacity: int
    base: Place
    coverage: Coverage
    lead_time_minutes: int
    available: tuple[Window, ...]
    blackouts: tuple[Window, ...]
    price: Price

    @cached_property
    def kind(self) -> CapabilityKind:
        """Return which of the six kinds this is."""
        return CapabilityKind(self.attributes.kind)

    def is_available(self, window: Window) -> bool:
        """Tell whether one of its availability windows (none: always) holds the whole window."""
        return not self.available or any(span.contains(window) for span in self.available)

    def blackout_in(self, window: Window) -> Window | None:
        """Return a blackout that touches the window."""
        return next((span for span in self.blackouts if span.overlaps(window)), None)
