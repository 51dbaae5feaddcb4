"""How the registry's things look from outside. Sets come sorted, so that answers repeat."""

from pydantic import AwareDatetime

from muster.contracts.event import Contract
from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import (
    ApiClientId,
    AuthorisationId,
    CapabilityId,
    OrganisationId,
)
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
    Role,
)
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    CapabilityStatus,
    MemberStatus,
)
from muster.contracts.vocabulary.values import Coverage, Money, Place, Price, Window
from services.registry.domain.api_client import ApiClient, ApiClientStatus
from services.registry.domain.authorisation import Authorisation
from services.registry.domain.capability import Capability
from services.registry.domain.organisation import Organisation
from services.registry.use_cases.issue_api_client import IssuedClient


class AuthorisationView(Contract):
    """A paper on record."""

    authorisation_id: AuthorisationId
    status: AuthorisationStatus
    kind: AuthorisationKind
    reference: str
    issuer: str
    jurisdiction: Country | None
    activities: tuple[CapabilityKind, ...]
    armed: bool
    environment: Environment | None
    standard: str | None
    icoca_class: IcocaClass | None
    limit: Money | None
    territory: tuple[Country, ...]
    lines: tuple[InsuranceLine, ...]
    armed_excluded: bool | None
    valid: Window

    @classmethod
    def of(cls, authorisation: Authorisation) -> "AuthorisationView":
        """Return the view of an authorisation."""
        paper = authorisation.paper
        return cls(
            authorisation_id=authorisation.authorisation_id,
            status=authorisation.status,
            kind=paper.kind,
            reference=paper.reference,
            issuer=paper.issuer,
            jurisdiction=paper.jurisdiction,
            activities=tuple(sorted(paper.activities)),
            armed=paper.armed,
            environment=paper.environment,
            standard=paper.standard,
            icoca_class=paper.icoca_class,
            limit=paper.limit,
            territory=tuple(sorted(paper.territory)),
            lines=tuple(sorted(paper.lines)),
            armed_excluded=paper.armed_excluded,
            valid=paper.valid,
        )


class OrganisationView(Contract):
    """An organisation with all its papers, shown to itself and to operators."""

    organisation_id: OrganisationId
    name: str
    home_country: Country
    roles: tuple[Role, ...]
    status: MemberStatus
    operations_email: str
    emergency_email: str
    registration_number: str
    version: int
    authorisations: tuple[AuthorisationView, ...]
    conflicts: tuple[OrganisationId, ...]

    @classmethod
    def of(cls, organisation: Organisation) -> "OrganisationView":
        """Return the view of an organisation."""
        profile = organisation.profile
        return cls(
            organisation_id=organisation.organisation_id,
            name=profile.name,
            home_country=profile.home_country,
            roles=tuple(sorted(profile.roles)),
            status=organisation.status,
            operations_email=profile.operations_email,
            emergency_email=profile.emergency_email,
            registration_number=profile.registration_number,
            version=organisation.version,
            authorisations=tuple(map(AuthorisationView.of, organisation.authorisations)),
            conflicts=tuple(sorted(organisation.conflicts)),
        )


class CapabilityView(Contract):
    """A capability on record."""

    capability_id: CapabilityId
    provider_id: OrganisationId
    status: CapabilityStatus
    version: int
    name: str
    attributes: CapabilityAttributes
    capacity: int
    base: Place
    coverage: Coverage
    lead_time_minutes: int
    available: tuple[Window, ...]
    blackouts: tuple[Window, ...]
    price: Price

    @classmethod
    def of(cls, capability: Capability) -> "CapabilityView":
        """Return the view of a capability."""
        return cls(
            capability_id=capability.capability_id,
            provider_id=capability.provider_id,
            status=capability.status,
            version=capability.version,
            **vars(capability.particulars),
        )


class ApiClientView(Contract):
    """A client, without its secret."""

    client_id: ApiClientId
    organisation_id: OrganisationId | None
    role: Role
    name: str
    status: ApiClientStatus
    issued_at: AwareDatetime

    @classmethod
    def of(cls, client: ApiClient) -> "ApiClientView":
        """Return the view of a client."""
        return cls(
            client_id=client.client_id,
            organisation_id=client.organisation_id,
            role=client.role,
            name=client.name,
            status=client.status,
            issued_at=client.issued_at,
        )


class IssuedClientView(Contract):
    """A new client with its secret, which is shown this once."""

    client_id: ApiClientId
    client_secret: str
    organisation_id: OrganisationId | None
    role: Role
    name: str

    @classmethod
    def of(cls, issued: IssuedClient) -> "IssuedClientView":
        """Return the view of a client that was just issued."""
        return cls(
            client_id=issued.client.client_id,
            client_secret=issued.secret,
            organisation_id=issued.client.organisation_id,
            role=issued.client.role,
            name=issued.client.name,
        )


class TokenView(Contract):
    """A successful answer of RFC 6749, section 5.1."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme, not a secret
    expires_in: int
    scope: str


class KeySetView(Contract):
    """The public keys that verify tokens, as a JWK set (RFC 7517)."""

    keys: tuple[dict[str, str], ...]
