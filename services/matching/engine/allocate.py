"""Allocation: hand out free capacity, the most urgent request first, then the earliest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import BookingStatus
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.domain.capacity import Calendar, peak_use
from services.matching.domain.request import Need
from services.matching.engine.candidates import Field
from services.matching.engine.model import Demand, Hold

_ORDER = list(Urgency)


def in_order(batch: Iterable[Demand]) -> list[Demand]:
    """Return the demands in the order in which they are served."""
    return sorted(
        batch,
        key=lambda demand: (
            _ORDER.index(demand.request.urgency),
            demand.request.submitted_at,
            demand.request.request_id,
        ),
    )


def needs_in_order(demand: Demand) -> list[Need]:
    """Return the needs of which something is missing: the required ones before the optional."""
    missing = [need for need in demand.request.needs if demand.missing[need.need_id] > 0]
    return sorted(missing, key=lambda need: need.optional)


@dataclass(frozen=True)
class Share:
    """What one need got, how much of it is still missing, and whether waiting may help."""

    field: Field
    holds: tuple[Hold, ...]
    missing: int
    may_come_back: bool


@dataclass(frozen=True)
class Allotment:
    """What one request got. A hopeless one got nothing, and waiting would not help it."""

    shares: tuple[Share, ...]
    hopeless: bool


class Allocator:
    """Serves one request after another from what is free, and remembers what it handed out."""

    def __init__(self, bookings: Iterable[Booking]) -> None:
        self._calendar: Calendar[Booking | Hold] = Calendar(bookings)

    def serve(self, demand: Demand, fields: Sequence[Field]) -> Allotment:
        """Return what this request gets; a request that gets nothing takes nothing."""
        request = demand.request
        shares = tuple(self._share(request.request_id, field) for field in fields)
        short = [share for share in shares if share.missing and not share.field.need.optional]
        patient = demand.may_wait and all(share.may_come_back for share in short)
        hopeless = bool(short) and not patient
        if hopeless or (short and request.terms.all_or_nothing):
            shares = tuple(map(self._given_back, shares))
        return Allotment(shares, hopeless)

    def _share(self, request_id: RequestId, field: Field) -> Share:
        missing = field.wanted
        holds: list[Hold] = []
        for candidate in field.eligible:
            if missing == 0:
                break
            capability = candidate.capability
            free = self._calendar.free(capability.capability_id, capability.capacity, field.window)
            quantity = min(free, missing)
            if quantity == 0 or (quantity < missing and not field.need.splittable):
                continue
            hold = Hold(request_id, field.need, capability, quantity, field.window)
            self._calendar.take(hold)
            holds.append(hold)
            missing -= quantity
        may_come_back = missing > 0 and self._may_come_back(request_id, field)
        return Share(field, tuple(holds), missing, may_come_back)

    def _may_come_back(self, request_id: RequestId, field: Field) -> bool:
        """Tell whether the need could be covered if all that others merely hold came free."""
        reachable = [
            self._reachable(request_id, field, candidate.capability) for candidate in field.eligible
        ]
        if field.need.splittable:
            return sum(reachable) >= field.wanted
        return any(quantity >= field.wanted for quantity in reachable)

    def _reachable(self, request_id: RequestId, field: Field, capability: Capability) -> int:
        """Return what this need has of the capability, or could have without others' holds."""
        firm = [
            use
            for use in self._calendar.uses(capability.capability_id)
            if _is_firm(use, request_id, field.need)
        ]
        return max(0, capability.capacity - peak_use(firm, field.window))

    def _given_back(self, share: Share) -> Share:
        for hold in share.holds:
            self._calendar.give_back(hold)
        return replace(share, holds=())


def _is_firm(use: Booking | Hold, request_id: RequestId, need: Need) -> bool:
    """Tell whether waiting will not free this for the need.

    Firm is what is confirmed, and what the request itself has for its other needs or had before.
    """
    if isinstance(use, Booking):
        return use.status is BookingStatus.CONFIRMED or use.request_id == request_id
    return use.request_id == request_id and use.need.need_id != need.need_id
