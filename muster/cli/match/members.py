"""From a scenario's members and capabilities to what matching keeps of them.

By the way they take in service: recorded by the registry's rules, said as its snapshots, kept as
matching's projection. So a scenario means what the same bodies mean over HTTP.
"""

from muster.cli.match.scenario import (
    AuthorisationOnFile,
    BookingOnFile,
    CapabilityOnFile,
    OrganisationOnFile,
)
from muster.contracts.registry import ProviderChanged
from muster.contracts.vocabulary.identifiers import (
    AuthorisationId,
    BookingId,
    NeedId,
    OfferId,
    RequestId,
)
from muster.contracts.vocabulary.values import EARLIEST
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member
from services.matching.use_cases.project_registry import capability_of, member_of
from services.registry.domain.authorisation import Authorisation
from services.registry.domain.capability import Capability as RegisteredCapability
from services.registry.domain.organisation import Organisation
from services.registry.use_cases.record import capability_snapshot, member_snapshot


def member(said: OrganisationOnFile) -> Member:
    """Return a member as matching knows it."""
    organisation = Organisation(
        said.id,
        said.profile(),
        said.status,
        tuple(_authorisation(paper, said, at) for at, paper in enumerate(said.authorisations)),
        said.conflicts,
    )
    return member_of(member_snapshot(ProviderChanged, organisation))


def capability(said: CapabilityOnFile) -> Capability:
    """Return a capability as matching knows it."""
    registered = RegisteredCapability(said.id, said.provider_id, said.particulars(), said.status)
    return capability_of(capability_snapshot(registered))


def booking(said: BookingOnFile, of: Capability, at: int) -> Booking:
    """Return what is taken already; for whom, the engine does not ask."""
    return Booking(
        booking_id=BookingId(f"booking.{at}"),
        capability_id=of.capability_id,
        provider_id=of.provider_id,
        request_id=RequestId(f"booking.{at}"),
        need_id=NeedId(f"booking.{at}"),
        offer_id=OfferId(f"booking.{at}"),
        quantity=said.quantity,
        capacity=of.capacity,
        window=said.window,
        status=said.status,
        expires_at=said.window.ends_at,
    )


def _authorisation(paper: AuthorisationOnFile, owner: OrganisationOnFile, at: int) -> Authorisation:
    name = AuthorisationId(f"{owner.id}.{at}")
    return Authorisation(name, paper.paper().checked(EARLIEST), paper.status)
