"""What comes in over HTTP, in bodies."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from muster.contracts.event import Contract
from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId
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
from services.registry.domain.authorisation import Paper
from services.registry.domain.capability import Particulars
from services.registry.domain.organisation import MOST_CONFLICTS, Profile

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


def _line(longest: int) -> StringConstraints:
    return StringConstraints(
        strip_whitespace=True, min_length=1, max_length=longest, pattern=_PRINTABLE
    )


Name = Annotated[str, _line(200)]
ShortName = Annotated[str, _line(100)]
# May have several lines. PostgreSQL stores no NUL.
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=r"^[^\x00]*$"),
]
# What HTML's e-mail field accepts, and a dot in the domain.
Email = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        examples=["operations@member.example"],
    ),
]
MemberRole = Literal[Role.PROVIDER, Role.ENTERPRISE]
MemberId = Annotated[OrganisationId, Field(min_length=1, max_length=64)]
Windows = Annotated[tuple[Window, ...], Field(max_length=200)]


class Application(Contract):
    """What an applicant says of itself."""

    name: Name
    home_country: Country
    roles: Annotated[frozenset[MemberRole], Field(min_length=1)]
    operations_email: Email
    emergency_email: Email
    registration_number: ShortName

    def profile(self) -> Profile:
        """Return it in the domain's words."""
        return Profile(
            name=self.name,
            home_country=self.home_country,
            roles=frozenset(self.roles),
            operations_email=self.operations_email,
            emergency_email=self.emergency_email,
            registration_number=self.registration_number,
        )


class MoveOrganisation(Contract):
    """A step in a member's life, and why."""

    status: MemberStatus
    reason: Reason


class DeclareConflicts(Contract):
    """All organisations it must not serve or be served by, and why the list is now this one."""

    organisation_ids: Annotated[frozenset[MemberId], Field(max_length=MOST_CONFLICTS)]
    reason: Reason


class RecordAuthorisation(Contract):
    """What a paper says. Which fields it needs depends on its kind:

    licence and permit: `jurisdiction`, `activities`; icoca: `icoca_class`;
    certificate: `standard`; insurance_policy: `limit`, `territory`, `lines`, `armed_excluded`;
    joint_venture: `jurisdiction`, and in `reference` the registration of the local firm.
    """

    kind: AuthorisationKind
    reference: Name
    issuer: Name
    jurisdiction: Country | None = None
    activities: frozenset[CapabilityKind] = frozenset()
    armed: bool = False
    environment: Environment | None = None
    standard: ShortName | None = None
    icoca_class: IcocaClass | None = None
    limit: Money | None = None
    territory: frozenset[Country] = frozenset()
    lines: frozenset[InsuranceLine] = frozenset()
    armed_excluded: bool | None = None
    valid: Window

    def paper(self) -> Paper:
        """Return it in the domain's words."""
        return Paper(
            kind=self.kind,
            reference=self.reference,
            issuer=self.issuer,
            valid=self.valid,
            jurisdiction=self.jurisdiction,
            activities=self.activities,
            armed=self.armed,
            environment=self.environment,
            standard=self.standard,
            icoca_class=self.icoca_class,
            limit=self.limit,
            territory=self.territory,
            lines=self.lines,
            armed_excluded=self.armed_excluded,
        )


class MoveAuthorisation(Contract):
    """An operator's judgement of a paper, and why."""

    status: Literal[AuthorisationStatus.VERIFIED, AuthorisationStatus.REVOKED]
    reason: Reason


class DescribeCapability(Contract):
    """Everything a provider says of a capability."""

    name: Name
    attributes: CapabilityAttributes
    capacity: Annotated[int, Field(ge=1, le=100_000)]
    base: Place
    coverage: Coverage
    lead_time_minutes: Annotated[int, Field(ge=0, le=525_600)]
    available: Windows = ()
    blackouts: Windows = ()
    price: Price

    def particulars(self) -> Particulars:
        """Return it in the domain's words."""
        return Particulars(
            name=self.name,
            attributes=self.attributes,
            capacity=self.capacity,
            base=self.base,
            coverage=self.coverage,
            lead_time_minutes=self.lead_time_minutes,
            price=self.price,
            available=self.available,
            blackouts=self.blackouts,
        )


class MoveCapability(Contract):
    """A step in a capability's life, and why."""

    status: CapabilityStatus
    reason: Reason


class IssueApiClient(Contract):
    """For whom a client shall act. `organisation_id` is null for operators, and only for them."""

    organisation_id: OrganisationId | None = None
    role: Role
    name: ShortName


class RevokeApiClient(Contract):
    """Why a client loses its access."""

    reason: Reason
