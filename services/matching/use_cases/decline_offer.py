"""DeclineOffer: the provider, or after a counter the enterprise, says no."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import OfferId
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, timers, track_records
from services.matching.domain.offer import Offer, Side
from services.matching.track_records import Tally
from services.matching.use_cases.dealing import lock_dealing_of
from services.matching.use_cases.refusing import lose_offer


def decline_offer(work: UnitOfWork, caller: Caller, offer_id: OfferId, reason: str) -> Offer:
    """Decline; the need is sourced again from others.

    Raises NotFound, OfferLapsed, IllegalTransition, or Conflict if it is the other side's turn.
    """
    dealing, side = lock_dealing_of(work, caller, offer_id)
    declined = dealing.offer.decline(side, work.now)
    work.unschedule(timers.OFFER_EXPIRY, offer_id)
    lose_offer(work, dealing, declined, announcements.offer_declined(declined, reason), reason)
    if side is Side.PROVIDER:  # it is no fault of its own if the enterprise declines its price
        track_records.count(work, Tally(declined.provider_id, refused=1))
    return declined
