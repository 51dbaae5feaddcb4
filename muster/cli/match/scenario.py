"""What a scenario file may say: the API's own bodies, and what the API knows from elsewhere.

What matching never reads, such as a member's e-mail addresses, may be left out.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from muster.cli.match.settings import SettingsOnFile
from muster.contracts.event import Contract
from muster.contracts.matching import Principal
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId, RequestId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    BookingStatus,
    CapabilityStatus,
    MemberStatus,
)
from muster.contracts.vocabulary.values import EARLIEST, Instant, Window
from services.matching.schemas import Reason, RequestBody
from services.registry.schemas import (
    Application,
    DescribeCapability,
    Email,
    Name,
    RecordAuthorisation,
    ShortName,
)

INPUT_REFUSED = "input_refused"  # what a mistake is called that a rule of the registry found
MOST = 100_000  # of anything; more is a slip, or a load test, which is not what this is for

_NAMED = StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")
_CHOSEN = Field(description="an id of your choosing")
MemberId = Annotated[OrganisationId, _NAMED, _CHOSEN]
UnitId = Annotated[CapabilityId, _NAMED, _CHOSEN]
AskedId = Annotated[RequestId, _NAMED, _CHOSEN]


class AuthorisationOnFile(RecordAuthorisation):
    """A paper as `POST /v1/organisations/{id}/authorisations` takes it, and how far it counts."""

    reference: Name = "not given"
    issuer: Name = "not given"
    status: AuthorisationStatus = AuthorisationStatus.VERIFIED

    @model_validator(mode="after")
    def _complete(self) -> Self:
        try:
            self.paper().checked(EARLIEST)  # whether it has run out is for the gate to find
        except InputRefused as error:
            reasons = {"field": error.field, "problem": error.problem, "allowed": error.allowed}
            raise PydanticCustomError(INPUT_REFUSED, "{field} {problem}", reasons) from error
        return self


class StandingOnFile(Contract):
    """How a provider has fared: the quality of its work, the share of its capacity it was given."""

    quality: Annotated[float, Field(ge=0, le=1)]
    share: Annotated[float, Field(ge=0, le=1)] = 0


class OrganisationOnFile(Application):
    """A member as `POST /v1/organisations` takes it, with id, status, papers and conflicts."""

    id: MemberId
    operations_email: Email = "not-given@exercise.invalid"
    emergency_email: Email = "not-given@exercise.invalid"
    registration_number: ShortName = "not given"
    status: MemberStatus = MemberStatus.ACTIVE
    authorisations: Annotated[tuple[AuthorisationOnFile, ...], Field(max_length=200)] = ()
    conflicts: Annotated[
        frozenset[MemberId], Field(description="whom it must not serve or be served by")
    ] = frozenset()
    standing: Annotated[
        StandingOnFile | None, Field(description="left out: nothing is known of it yet")
    ] = None


class CapabilityOnFile(DescribeCapability):
    """A capability as `POST /v1/capabilities` takes it, with id, status and provider."""

    id: UnitId
    provider_id: MemberId
    status: CapabilityStatus = CapabilityStatus.PUBLISHED


class RequestOnFile(RequestBody):
    """A request as `POST /v1/requests` takes it, with id, enterprise and time of submission."""

    id: AskedId
    enterprise_id: MemberId
    submitted_at: Annotated[Instant | None, Field(description="left out: now")] = None
    principal: Principal = Principal(name="not named in this exercise")
    refused_by: Annotated[
        frozenset[UnitId],
        Field(description="capabilities that declined, or did not answer in time"),
    ] = frozenset()


class Judgement(StrEnum):
    """What an operator may decide."""

    CLEARED = "cleared"
    REFUSED = "refused"


class DecisionOnFile(Contract):
    """An operator's decision: may this provider do this kind of work in this country?"""

    provider_id: MemberId
    country: Country
    kind: CapabilityKind
    armed: bool = False
    decision: Judgement
    rules: Annotated[
        frozenset[str] | None,
        Field(min_length=1, description="ids of the rules it is about; left out: all of them"),
    ] = None
    reason: Reason


class BookingOnFile(Contract):
    """Capacity that is taken already: confirmed, or held for an offer, so that it may come back."""

    capability_id: UnitId
    quantity: Annotated[int, Field(ge=1, le=100_000)]
    window: Window
    status: Literal[BookingStatus.HELD, BookingStatus.CONFIRMED] = BookingStatus.CONFIRMED


class Scenario(Contract):
    """Members, what they hold, what is asked of them, and what was decided and taken before."""

    schema_address: Annotated[str, Field(alias="$schema", description="for editors")] = ""
    title: str = ""
    description: str = ""
    now: Annotated[Instant, Field(description="the instant at which all requests are matched")]
    organisations: Annotated[list[OrganisationOnFile], Field(max_length=MOST)]
    capabilities: Annotated[list[CapabilityOnFile], Field(max_length=MOST)]
    requests: Annotated[list[RequestOnFile], Field(min_length=1, max_length=MOST)]
    decisions: Annotated[tuple[DecisionOnFile, ...], Field(max_length=MOST)] = ()
    bookings: Annotated[tuple[BookingOnFile, ...], Field(max_length=MOST)] = ()
    settings: SettingsOnFile = SettingsOnFile()
