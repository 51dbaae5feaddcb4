"""What can be asked of matching. An operator sees all, a member its own requests and offers."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import (
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus
from services.matching import calendar
from services.matching.domain.booking import Booking
from services.matching.domain.capacity import peak_use
from services.matching.domain.flag import Flag
from services.matching.domain.offer import BINDING, WAITING, Offer
from services.matching.domain.request import Request
from services.matching.flags import raised_on
from services.matching.tables import OFFERS, REQUESTS, offers, requests

# Composed once: every answer about a request asks it.
_QUANTITIES = (
    select(offers.c.need_id, offers.c.status, func.sum(offers.c.quantity))
    .where(offers.c.request_id.in_(bindparam("request_ids", expanding=True)))
    .group_by(offers.c.need_id, offers.c.status)
)


@dataclass(frozen=True)
class Covered:
    """How much of one need is accepted, and how much awaits an answer."""

    accepted: int = 0
    offered: int = 0


@dataclass(frozen=True)
class RequestReading:
    """A request, how far each of its needs is covered, and who of its providers is flagged.

    `whole` says that its reader may know what was found about members.
    """

    request: Request
    covered: Mapping[NeedId, Covered]
    flags: tuple[Flag, ...]
    whole: bool


def read(connection: Connection, caller: Caller, request: Request) -> RequestReading:
    """Return a request with what its offers amount to, as far as the caller may know."""
    return _readings(connection, caller, [request])[0]


def get_request(connection: Connection, caller: Caller, request_id: RequestId) -> RequestReading:
    """Return a request; raise NotFound for one the caller may not see."""
    request = REQUESTS.get(connection, request_id)
    caller.must_see("request", request_id, request.enterprise_id)
    return read(connection, caller, request)


def list_requests(
    connection: Connection,
    caller: Caller,
    *,
    status: RequestStatus | None,
    after: str | None,
    limit: int,
) -> list[RequestReading]:
    """Return the requests the caller may see, by id."""
    where: list[ColumnElement[bool]] = []
    if not caller.is_operator:
        where.append(requests.c.enterprise_id == caller.own_organisation())
    if status is not None:
        where.append(requests.c.status == status.value)
    if after is not None:
        where.append(requests.c.request_id > after)
    found = REQUESTS.list(connection, *where, limit=limit)
    return _readings(connection, caller, found)


def _readings(
    connection: Connection, caller: Caller, found: Sequence[Request]
) -> list[RequestReading]:
    request_ids = [request.request_id for request in found]
    covered, flagged = _covered(connection, request_ids), raised_on(connection, request_ids)
    return [
        RequestReading(
            request, covered, flagged.get(request.request_id, ()), whole=caller.is_operator
        )
        for request in found
    ]


def get_offer(connection: Connection, caller: Caller, offer_id: OfferId) -> Offer:
    """Return an offer; raise NotFound for one the caller may not see."""
    offer = OFFERS.get(connection, offer_id)
    owner = offer.provider_id if caller.role is Role.PROVIDER else offer.enterprise_id
    caller.must_see("offer", offer_id, owner)
    return offer


def list_offers(
    connection: Connection,
    caller: Caller,
    *,
    status: OfferStatus | None,
    request_id: RequestId | None,
    after: str | None,
    limit: int,
) -> list[Offer]:
    """Return the offers to the caller, or on the caller's requests, by id."""
    where: list[ColumnElement[bool]] = []
    if not caller.is_operator:
        owner = offers.c.provider_id if caller.role is Role.PROVIDER else offers.c.enterprise_id
        where.append(owner == caller.own_organisation())
    if status is not None:
        where.append(offers.c.status == status.value)
    if request_id is not None:
        where.append(offers.c.request_id == request_id)
    if after is not None:
        where.append(offers.c.offer_id > after)
    return OFFERS.list(connection, *where, limit=limit)


@dataclass(frozen=True)
class Overbooking:
    """A capability of which more was booked at once than it had when the booking was made."""

    capability_id: CapabilityId
    peak: int
    capacity: int
    booking: Booking


def overbooked(connection: Connection) -> list[Overbooking]:
    """Return every capability that is overbooked at any time; always empty, if Muster is right.

    Each booking is judged by the capacity of its own time, together with those made before it: a
    provider that lowers its capacity afterwards does not make earlier promises wrong.
    """
    by_capability: dict[CapabilityId, list[Booking]] = defaultdict(list)
    for booking in calendar.all_taken(connection):  # in the order in which they were made
        by_capability[booking.capability_id].append(booking)
    found = (_worst(by_capability[each]) for each in sorted(by_capability))
    return [overbooking for overbooking in found if overbooking is not None]


def _worst(made: list[Booking]) -> Overbooking | None:
    worst: Overbooking | None = None
    for count, booking in enumerate(made, start=1):
        peak = peak_use(made[:count], booking.window)
        over = peak - booking.capacity
        if over > 0 and (worst is None or over > worst.peak - worst.capacity):
            worst = Overbooking(booking.capability_id, peak, booking.capacity, booking)
    return worst


def open_to(connection: Connection, request_id: RequestId) -> frozenset[OrganisationId]:
    """Return the providers the request has made an offer to."""
    query = select(offers.c.provider_id).where(offers.c.request_id == request_id)
    return frozenset(connection.execute(query).scalars())


def _covered(
    connection: Connection, request_ids: Collection[RequestId]
) -> Mapping[NeedId, Covered]:
    rows = connection.execute(_QUANTITIES, {"request_ids": request_ids})
    accepted: dict[str, int] = defaultdict(int)
    offered: dict[str, int] = defaultdict(int)
    for need_id, status, quantity in rows:
        if status in BINDING:
            accepted[need_id] += quantity
        elif status in WAITING:
            offered[need_id] += quantity
    return {
        NeedId(need_id): Covered(accepted[need_id], offered[need_id])
        for need_id in accepted.keys() | offered.keys()
    }
