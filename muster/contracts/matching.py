"""What matching says: how requests and offers fare."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from muster.contracts.event import Contract, Event
from muster.contracts.restoration import SubscriptionRestored
from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
    ReviewId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, IcocaClass, TrafficLight, Urgency
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus, ReviewStatus
from muster.contracts.vocabulary.values import Instant, Money, OneLine, Place, Price, Window


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
    minimum_icoca_class: IcocaClass | None = None
    liability_cover: Money | None = None  # what each provider's own policy has to pay at least
    designated_key_unit: bool = False  # the site is a designated key unit (China, Decree 564)


class HostStateProtection(Contract):
    """A record that the host state cannot protect; without it nobody serves armed."""

    asked: Annotated[OneLine, Field(min_length=1, max_length=200)]  # which authority
    answer: Annotated[OneLine, Field(min_length=1, max_length=1000)]
    established_at: Instant


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


class Finding(Contract):
    """What one rule says against somebody, and what would change it."""

    rule: str
    fact: str
    wanted: str


class AssignmentFlagged(Event):
    """A committed provider no longer passes the rules; an operator must decide what to do.

    `version` counts what is said of this provider of this request, flagged and cleared alike.
    """

    event_type: ClassVar[str] = "muster.matching.assignment.flagged.v1"
    about: ClassVar[str] = "request_id"

    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    version: Annotated[int, Field(ge=1)]
    findings: Annotated[tuple[Finding, ...], Field(min_length=1)]
    rule_pack: str


class AssignmentCleared(Event):
    """A flagged provider passes the rules again."""

    event_type: ClassVar[str] = "muster.matching.assignment.cleared.v1"
    about: ClassVar[str] = "request_id"

    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    version: Annotated[int, Field(ge=1)]
    rule_pack: str


class ReviewEvent(Event):
    """Base of events about a review: may this provider do this kind of work there?"""

    about: ClassVar[str] = "review_id"

    review_id: ReviewId
    provider_id: OrganisationId
    country: Country
    kind: CapabilityKind
    armed: bool
    status: ReviewStatus
    findings: tuple[Finding, ...]


class ReviewOpened(ReviewEvent):
    """The rules leave a candidate open who is needed; an operator must decide."""

    event_type: ClassVar[str] = "muster.matching.review.opened.v1"


class ReviewDecided(ReviewEvent):
    """An operator decided; requests that waited for it are sourced again."""

    event_type: ClassVar[str] = "muster.matching.review.decided.v1"

    reason: str


class RulePackAdopted(Event):
    """Another version of the rules is in force; says who no longer passes."""

    event_type: ClassVar[str] = "muster.matching.rule_pack.adopted.v1"
    about: ClassVar[str] = "rule_pack"

    rule_pack: str
    previous: str
    requests_checked: Annotated[int, Field(ge=0)]
    assignments_flagged: Annotated[int, Field(ge=0)]
    offers_withdrawn: Annotated[int, Field(ge=0)]


class MatchingSubscriptionRestored(SubscriptionRestored):
    """A queue of matching was made anew: what it may have missed is to be said once more."""

    event_type: ClassVar[str] = "muster.matching.subscription.restored.v1"


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
    AssignmentFlagged,
    AssignmentCleared,
    ReviewOpened,
    ReviewDecided,
    RulePackAdopted,
    MatchingSubscriptionRestored,
)
