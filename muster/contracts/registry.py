"""What the registry says: full, versioned snapshots of members and their capabilities."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from muster.contracts.event import Contract, Event
from muster.contracts.restoration import SubscriptionRestored
from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import AuthorisationId, CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
    Role,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus, CapabilityStatus, MemberStatus
from muster.contracts.vocabulary.values import Coverage, Money, Place, Price, Window


class AuthorisationSnapshot(Contract):
    """One paper: what it allows, where, for how long, and how far it was checked."""

    authorisation_id: AuthorisationId
    kind: AuthorisationKind
    status: AuthorisationStatus
    reference: str
    issuer: str
    jurisdiction: Country | None = None  # None: not bound to one country (ICoCA, ISO, policies)
    activities: frozenset[CapabilityKind] = frozenset()
    armed: bool = False
    environment: Environment | None = None
    standard: str | None = None  # of a certificate: "ISO 18788", "ISO 28007", "PSC.1"
    icoca_class: IcocaClass | None = None
    limit: Money | None = None  # of an insurance policy
    territory: frozenset[Country] = frozenset()
    lines: frozenset[InsuranceLine] = frozenset()  # what the policy covers
    armed_excluded: bool = False  # the policy does not pay for armed work
    valid: Window


class MemberSnapshot(Event):
    """Everything the others need to know of an organisation."""

    about: ClassVar[str] = "organisation_id"

    organisation_id: OrganisationId
    version: Annotated[int, Field(ge=1)]
    name: str
    home_country: Country
    roles: frozenset[Role]
    status: MemberStatus
    operations_email: str
    emergency_email: str
    authorisations: tuple[AuthorisationSnapshot, ...] = ()
    conflicts: frozenset[OrganisationId] = frozenset()  # whom it must not serve or be served by


class ProviderChanged(MemberSnapshot):
    """A member that provides has changed; supersedes every lower version."""

    event_type: ClassVar[str] = "muster.registry.provider.changed.v1"


class EnterpriseChanged(MemberSnapshot):
    """A member that asks for protection has changed; supersedes every lower version."""

    event_type: ClassVar[str] = "muster.registry.enterprise.changed.v1"


class CapabilityChanged(Event):
    """A capability has changed; supersedes every lower version."""

    event_type: ClassVar[str] = "muster.registry.capability.changed.v1"
    about: ClassVar[str] = "capability_id"

    capability_id: CapabilityId
    version: Annotated[int, Field(ge=1)]
    provider_id: OrganisationId
    name: str
    status: CapabilityStatus
    attributes: CapabilityAttributes
    capacity: Annotated[int, Field(ge=1)]
    base: Place
    coverage: Coverage
    lead_time_minutes: Annotated[int, Field(ge=0)]
    available: tuple[Window, ...] = ()  # empty: always
    blackouts: tuple[Window, ...] = ()
    price: Price

    @property
    def kind(self) -> CapabilityKind:
        """Return which of the six kinds this is."""
        return CapabilityKind(self.attributes.kind)


class AuthorisationExpired(Event):
    """A verified paper has run out, so what it allowed is no longer lawful."""

    event_type: ClassVar[str] = "muster.registry.authorisation.expired.v1"
    about: ClassVar[str] = "organisation_id"

    organisation_id: OrganisationId
    authorisation_id: AuthorisationId
    reference: str
    expired_at: AwareDatetime


class RegistrySubscriptionRestored(SubscriptionRestored):
    """A queue of the registry was made anew: what it may have missed is to be said once more."""

    event_type: ClassVar[str] = "muster.registry.subscription.restored.v1"


EVENTS: tuple[type[Event], ...] = (
    ProviderChanged,
    EnterpriseChanged,
    CapabilityChanged,
    AuthorisationExpired,
    RegistrySubscriptionRestored,
)
