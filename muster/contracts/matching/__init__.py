"""What matching says: how requests and offers fare, and how people are judged."""

from typing import ClassVar

from muster.contracts.event import Event
from muster.contracts.matching.judgements import (
    AssignmentCleared,
    AssignmentFlagged,
    Finding,
    ReviewDecided,
    ReviewEvent,
    ReviewOpened,
    RulePackAdopted,
)
from muster.contracts.matching.offers import (
    OfferAccepted,
    OfferCommitted,
    OfferCountered,
    OfferDeclined,
    OfferEvent,
    OfferExpired,
    OfferReleased,
    OfferSent,
    OfferWithdrawn,
)
from muster.contracts.matching.requests import (
    NeedShortfall,
    RequestCancelled,
    RequestClosed,
    RequestConfirmed,
    RequestEvent,
    RequestExpired,
    RequestProposed,
    RequestServiceStarted,
    RequestSubmitted,
    RequestUnfilled,
)
from muster.contracts.matching.terms import (
    Assignment,
    HostStateProtection,
    Principal,
    Terms,
)
from muster.contracts.restoration import SubscriptionRestored

__all__ = [
    "EVENTS",
    "Assignment",
    "AssignmentCleared",
    "AssignmentFlagged",
    "Finding",
    "HostStateProtection",
    "MatchingSubscriptionRestored",
    "NeedShortfall",
    "OfferAccepted",
    "OfferCommitted",
    "OfferCountered",
    "OfferDeclined",
    "OfferEvent",
    "OfferExpired",
    "OfferReleased",
    "OfferSent",
    "OfferWithdrawn",
    "Principal",
    "RequestCancelled",
    "RequestClosed",
    "RequestConfirmed",
    "RequestEvent",
    "RequestExpired",
    "RequestProposed",
    "RequestServiceStarted",
    "RequestSubmitted",
    "RequestUnfilled",
    "ReviewDecided",
    "ReviewEvent",
    "ReviewOpened",
    "RulePackAdopted",
    "Terms",
]


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
