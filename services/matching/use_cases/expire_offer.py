"""ExpireOffer: no answer came in time."""

from muster.contracts.vocabulary.identifiers import OfferId
from muster.contracts.vocabulary.statuses import OfferStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, counting, timers, track_records
from services.matching.track_records import Tally
from services.matching.use_cases.dealing import lock_dealing
from services.matching.use_cases.refusing import lose_offer


def expire_offer(work: UnitOfWork, offer_id: OfferId) -> None:
    """Let an unanswered offer lapse and source its need again; does nothing if it was answered.

    One whose time has not come (a clock was put back) is waited for again.
    """
    dealing = lock_dealing(work, offer_id)
    offer = dealing.offer
    if not offer.is_waiting:
        return
    if work.now < offer.expires_at:
        work.schedule(timers.OFFER_EXPIRY, offer_id, offer.expires_at)
        return
    expired = offer.expire()
    lose_offer(work, dealing, expired, announcements.offer_expired(expired), "no answer in time")
    counting.unanswered(work, expired)
    if offer.status is OfferStatus.SENT:  # a countered one was for the enterprise to answer
        track_records.count(work, Tally(offer.provider_id, refused=1))
