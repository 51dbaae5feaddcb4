"""What matching knows of what members hold: its projection of the registry."""

from dataclasses import dataclass
from functools import cached_property

from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import CapabilityStatus
from muster.contracts.vocabulary.values import Coverage, Place, Price, Window


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
