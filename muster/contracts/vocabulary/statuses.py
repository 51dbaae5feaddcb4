"""The states of everything that lives, and the steps between them (DESIGN §3)."""

from enum import StrEnum
from typing import TypeVar

from muster.contracts.vocabulary.lifecycle import Lifecycle


class MemberStatus(StrEnum):
    """An organisation's standing in the alliance."""

    APPLIED = "applied"
    VETTING = "vetting"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPELLED = "expelled"


class AuthorisationStatus(StrEnum):
    """How far a paper can be relied on."""

    RECORDED = "recorded"
    VERIFIED = "verified"
    EXPIRED = "expired"
    REVOKED = "revoked"


class CapabilityStatus(StrEnum):
    """Whether a capability may be matched; busy or free follows from bookings."""

    PUBLISHED = "published"
    PAUSED = "paused"
    RETIRED = "retired"


class RequestStatus(StrEnum):
    """How far a request has come."""

    SUBMITTED = "submitted"
    SOURCING = "sourcing"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    IN_SERVICE = "in_service"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNFILLED = "unfilled"


class OfferStatus(StrEnum):
    """How far an offer to one provider has come."""

    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    COUNTERED = "countered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    COMMITTED = "committed"
    RELEASED = "released"


class BookingStatus(StrEnum):
    """Whether capacity is taken."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"


class ReviewStatus(StrEnum):
    """What an operator decided of a candidate the rules leave open."""

    OPEN = "open"
    CLEARED = "cleared"
    REFUSED = "refused"


class JobStatus(StrEnum):
    """How far a provider's work for a request has come."""

    COMMITTED = "committed"
    ACKNOWLEDGED = "acknowledged"
    MOBILISING = "mobilising"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    IN_SERVICE = "in_service"
    RELEASED = "released"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


class IncidentStatus(StrEnum):
    """How far an incident has been dealt with."""

    REPORTED = "reported"
    TRIAGED = "triaged"
    ACTIVE = "active"
    RESOLVED = "resolved"
    CLOSED = "closed"
    UNFOUNDED = "unfounded"
    DUPLICATE = "duplicate"


class IncidentSeverity(StrEnum):
    """How grave an incident is, in the words of CAP 1.2; SOS is always extreme."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    EXTREME = "extreme"


S = TypeVar("S", bound=StrEnum)


def _lifecycle(thing: str, states: type[S], table: dict[str, str]) -> Lifecycle[S]:
    return Lifecycle(
        thing,
        {
            state: frozenset(states(word) for word in table.get(state.value, "").split())
            for state in states
        },
    )


MEMBER = _lifecycle(
    "member",
    MemberStatus,
    {
        "applied": "vetting withdrawn",
        "vetting": "active withdrawn",
        "active": "suspended withdrawn expelled",
        "suspended": "active withdrawn expelled",
    },
)
AUTHORISATION = _lifecycle(
    "authorisation",
    AuthorisationStatus,
    {"recorded": "verified revoked", "verified": "expired revoked"},
)
CAPABILITY = _lifecycle(
    "capability",
    CapabilityStatus,
    {"published": "paused retired", "paused": "published retired"},
)
REQUEST = _lifecycle(
    "request",
    RequestStatus,
    {
        "submitted": "sourcing cancelled expired unfilled",
        "sourcing": "proposed cancelled expired unfilled",
        # A member lost after the proposal sends the request back to sourcing.
        "proposed": "confirmed sourcing cancelled expired",
        "confirmed": "in_service closed cancelled",
        "in_service": "closed cancelled",
    },
)
OFFER = _lifecycle(
    "offer",
    OfferStatus,
    {
        "sent": "accepted declined countered expired withdrawn",
        "countered": "accepted declined expired withdrawn",
        "accepted": "committed released",
        "committed": "released",
    },
)
BOOKING = _lifecycle(
    "booking", BookingStatus, {"held": "confirmed released", "confirmed": "released"}
)
REVIEW = _lifecycle(
    "review",
    ReviewStatus,
    # An operator may learn better; whoever was cleared meanwhile is then judged again.
    {"open": "cleared refused", "cleared": "refused", "refused": "cleared"},
)
JOB = _lifecycle(
    "job",
    JobStatus,
    {
        "committed": "acknowledged cancelled aborted",
        # Desk work (insurance, intelligence, crisis management) has nobody on the road.
        "acknowledged": "mobilising in_service cancelled aborted",
        "mobilising": "en_route cancelled aborted",
        "en_route": "on_scene cancelled aborted",
        "on_scene": "in_service cancelled aborted",
        "in_service": "released cancelled aborted",
        "released": "completed aborted",
    },
)
INCIDENT = _lifecycle(
    "incident",
    IncidentStatus,
    {
        "reported": "triaged unfounded duplicate",
        "triaged": "active resolved unfounded duplicate",
        "active": "resolved unfounded duplicate",
        "resolved": "active closed",
    },
)
