"""What cancel, expiry and giving up share: everything a request held is released."""

from collections.abc import Iterable

from muster.contracts.event import Event
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, calendar, counting, timers
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.record import save_offer, save_request
from services.matching.use_cases.dealing import offers_of


def end_request(
    work: UnitOfWork,
    before: Request,
    after: Request,
    event: Event,
    reason: str,
    *,
    told_providers: str | None = None,
) -> Request:
    """Save a request that has come to nothing, with nothing held, asked or timed any more.

    `told_providers` is what those with an offer hear instead of the reason.
    """
    offers = offers_of(work, before.request_id)
    take_back(work, offers, told_providers or reason)
    for kind in timers.OF_A_REQUEST:
        work.unschedule(kind, before.request_id)
    save_request(work, before, after, event, reason)
    counting.ended(work, after, offers)
    return after


def take_back(work: UnitOfWork, offers: Iterable[Offer], reason: str) -> tuple[Offer, ...]:
    """Withdraw or release every live offer and free its booking; return the offers as they are.

    An offer whose work is done (its booking is free already) has nothing left to release.
    """
    found = tuple(offers)
    live = [offer.booking_id for offer in found if offer.is_live]
    freed = calendar.release(work, live, reason)
    return tuple(
        _take_back_one(work, offer, reason) if offer.booking_id in freed else offer
        for offer in found
    )


def _take_back_one(work: UnitOfWork, offer: Offer, reason: str) -> Offer:
    taken_back = offer.take_back()
    if offer.is_waiting:
        work.unschedule(timers.OFFER_EXPIRY, offer.offer_id)
        event = announcements.offer_withdrawn(taken_back, reason)
    else:
        event = announcements.offer_released(taken_back, reason)
    save_offer(work, offer, taken_back, event, reason)
    return taken_back
