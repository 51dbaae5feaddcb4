"""What decline and expiry share: the capacity is free again and the need is sourced anew."""

from muster.contracts.event import Event
from muster.storage.unit_of_work import UnitOfWork
from services.matching import calendar, timers
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.record import save_offer, save_request
from services.matching.use_cases.dealing import Dealing


def lose_offer(work: UnitOfWork, dealing: Dealing, lost: Offer, event: Event, reason: str) -> None:
    """Save an offer that came to nothing, free its booking and source its need again, now.

    What others have accepted stays as it is.
    """
    save_offer(work, dealing.offer, lost, event, reason)
    calendar.release(work, [lost.booking_id], reason)
    owe_sourcing(work, dealing.request, reason)


def owe_sourcing(work: UnitOfWork, request: Request, reason: str) -> None:
    """Have the request sourced again as soon as possible."""
    save_request(work, request, request.owe_sourcing(), reason=reason)
    work.schedule(timers.SOURCING, request.request_id, work.now)
