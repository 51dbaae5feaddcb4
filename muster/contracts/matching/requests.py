"""How requests fare."""

from typing import Annotated, ClassVar

from pydantic import Field

from muster.contracts.event import Contract, Event
from muster.contracts.matching.terms import Assignment, Principal, Terms
from muster.contracts.vocabulary.identifiers import NeedId, OrganisationId, RequestId
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.contracts.vocabulary.values import Place, Window


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
