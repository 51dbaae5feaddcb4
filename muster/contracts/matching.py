"""What matching says: how requests and offers fare."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from muster.contracts.event import Contract, Event
from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, TrafficLight, Urgency
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus
from muster.contracts.vocabulary.values import Money, Place, Price, Window


class Principal(Contract):
    """Whom or what to protect. Shown to a provider only after commitment."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    contact: Annotated[str, Field(max_length=200)] = ""
    instructions: Annotated[str, Field(max_length=4000)] = ""


class Terms(Contract):
    """The conditions of a request."""

    budget: Money | None = None
    confidentiality: TrafficLight = TrafficLight.AMBER_STRICT
    auto_approve: bool = False
    all_or_nothing: bool = False
    check_in_interval_seconds: Annotated[int, Field(ge=10, le=86_400)] = 3600


class Assignment(Contract):
    """What one provider has committed for one need."""

    offer_id: OfferId
    booking_id: BookingId
    need_id: NeedId
    kind: CapabilityKind
    provider_id: OrganisationId
    capability_id: CapabilityId
    capability_name: str
    quantity: Annotated[int, Field(ge=1)]
    price: Price


class RequestEvent(Event):
    """Base of events about a request."""

    about: ClassVar[str] = "request_id"

    request_id: RequestId
    enterprise_id: OrganisationId
    status: RequestStatus


class RequestSubmitted(RequestEvent):
    """An enterprise asked for protection; matching itself hears this and begins to source."""

    event_type: ClassVar[str] = "muster.matching.request.submitted.v1"

    urgency: Urgency
    place: Place
    window: Window


class RequestProposed(RequestEvent):
    """Every required need is covered by accepted offers; the enterprise may approve."""

    event_type: ClassVar[str] = "muster.matching.request.proposed.v1"

    assignments: tuple[Assignment, ...]


class RequestConfirmed(RequestEvent):
    """Approved and booked: everything that dispatch needs to open the jobs."""

    event_type: ClassVar[str] = "muster.matching.request.confirmed.v1"

    urgency: Urgency
    place: Place
    window: Window
    terms: Terms
    principal: Principal
    assignments: Annotated[tuple[Assignment, ...], Field(min_length=1)]


class RequestServiceStarted(RequestEvent):
    """The first provider is at work."""

    event_type: ClassVar[str] = "muster.matching.request.started.v1"


class RequestClosed(RequestEvent):
    """All jobs have ended and nothing is held any more."""

    event_type: ClassVar[str] = "muster.matching.request.closed.v1"


class RequestCancelled(RequestEvent):
    """Withdrawn by the enterprise or an operator; everything it held is released."""

    event_type: ClassVar[str] = "muster.matching.request.cancelled.v1"

    reason: str


class RequestExpired(RequestEvent):
    """Its window began, or approval did not come in time, before it was confirmed."""

    event_type: ClassVar[str] = "muster.matching.request.expired.v1"

    reason: str


class NeedShortfall(Contract):
    """Why one need could not be covered: how many were missing, and how often each reason held."""

    need_id: NeedId
    kind: CapabilityKind
    missing: Annotated[int, Field(ge=1)]
    reasons: dict[str, int]


class RequestUnfilled(RequestEvent):
    """Nothing lawful and available is left for a required need."""

    event_type: ClassVar[str] = "muster.matching.request.unfilled.v1"

    shortfalls: Annotated[tuple[NeedShortfall, ...], Field(min_length=1)]


class OfferEvent(Event):
    """Base of events about an offer."""

    about: ClassVar[str] = "offer_id"

    offer_id: OfferId
    request_id: RequestId
    need_id: NeedId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    capability_id: CapabilityId
    kind: CapabilityKind
    quantity: Annotated[int, Field(ge=1)]
    status: OfferStatus


class OfferSent(OfferEvent):
    """A provider is asked to commit capacity that is held for it until the offer expires."""

    event_type: ClassVar[str] = "muster.matching.offer.sent.v1"

    requirement: Requirement
    urgency: Urgency
    place: Place
    window: Window
    price: Price
    expires_at: AwareDatetime


class OfferAccepted(OfferEvent):
    """The provider (or, after a counter, the enterprise) said yes."""

    event_type: ClassVar[str] = "muster.matching.offer.accepted.v1"


class OfferDeclined(OfferEvent):
    """Someone said no; the need is sourced again."""

    event_type: ClassVar[str] = "muster.matching.offer.declined.v1"

    reason: str


class OfferCountered(OfferEvent):
    """The provider named another price; the enterprise decides."""

    event_type: ClassVar[str] = "muster.matching.offer.countered.v1"

    price: Price


class OfferExpired(OfferEvent):
    """No answer came in time; the need is sourced again."""

    event_type: ClassVar[str] = "muster.matching.offer.expired.v1"


class OfferWithdrawn(OfferEvent):
    """Matching took back an unanswered offer."""

    event_type: ClassVar[str] = "muster.matching.offer.withdrawn.v1"

    reason: str


class OfferCommitted(OfferEvent):
    """The request is confirmed: both sides are bound."""

    event_type: ClassVar[str] = "muster.matching.offer.committed.v1"


class OfferReleased(OfferEvent):
    """An accepted or committed offer binds no longer."""

    event_type: ClassVar[str] = "muster.matching.offer.released.v1"

    reason: str


EVENTS: tuple[type[Event], ...] = (
    RequestSubmitted,
    RequestProposed,
    RequestConfirmed,
    RequestServiceStarted,
    RequestClosed,
    RequestCancelled,
    RequestExpired,
    RequestUnfilled,
    OfferSent,
    OfferAccepted,
    OfferDeclined,
    OfferCountered,
    OfferExpired,
    OfferWithdrawn,
    OfferCommitted,
    OfferReleased,
)
