"""How offers fare."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from muster.contracts.event import Event
from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.identifiers import (
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.contracts.vocabulary.statuses import OfferStatus
from muster.contracts.vocabulary.values import Place, Price, Window


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
