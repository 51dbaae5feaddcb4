"""Capabilities: what a member can bring, how much of it, where and for what price."""

from dataclasses import dataclass, replace

from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.errors import Conflict, InputRefused
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import CAPABILITY, CapabilityStatus
from muster.contracts.vocabulary.values import Coverage, Place, Price, Window


@dataclass(frozen=True)
class Particulars:
    """What the provider says of a capability. Weapons are never one: no kind has room for them."""

    name: str
    attributes: CapabilityAttributes
    capacity: int
    base: Place
    coverage: Coverage
    lead_time_minutes: int
    price: Price
    available: tuple[Window, ...] = ()  # none: always
    blackouts: tuple[Window, ...] = ()

    @property
    def kind(self) -> CapabilityKind:
        """Return which of the six kinds this is."""
        return CapabilityKind(self.attributes.kind)


@dataclass(frozen=True)
class Capability:
    """A capability on record. Whether it is busy is matching's affair."""

    capability_id: CapabilityId
    provider_id: OrganisationId
    particulars: Particulars
    status: CapabilityStatus = CapabilityStatus.PUBLISHED
    version: int = 1

    def restate(self, particulars: Particulars) -> "Capability":
        """Return the capability with all its particulars replaced.

        Raises Conflict for a retired one, InputRefused for a change of kind.
        """
        if CAPABILITY.is_final(self.status):
            raise Conflict(f"A {self.status} capability does not change. Publish another instead.")
        if particulars.kind is not self.particulars.kind:
            raise InputRefused(
                "attributes.kind",
                f"cannot change to {particulars.kind}",
                f"{self.particulars.kind}; for another kind publish another capability",
            )
        return replace(self, particulars=particulars, version=self.version + 1)

    def become(self, wanted: CapabilityStatus) -> "Capability":
        """Return the capability after this step; raise IllegalTransition."""
        CAPABILITY.check(self.status, wanted)
        return replace(self, status=wanted, version=self.version + 1)
