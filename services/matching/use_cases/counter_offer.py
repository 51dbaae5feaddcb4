"""CounterOffer: the provider would, but for another price."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import OfferId
from muster.contracts.vocabulary.values import Price
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, calendar, timers
from services.matching.domain.deadlines import Patience
from services.matching.domain.offer import Offer
from services.matching.record import save_offer
from services.matching.use_cases.dealing import lock_dealing_of


def counter_offer(
    work: UnitOfWork,
    caller: Caller,
    offer_id: OfferId,
    price: Price,
    reason: str,
    patience: Patience,
) -> Offer:
    """Put another price; the capacity stays held while the enterprise has its time to decide.

    Raises NotFound, OfferLapsed, IllegalTransition, or Conflict if it is the other side's turn.
    """
    dealing, side = lock_dealing_of(work, caller, offer_id)
    offer = dealing.offer
    deadline = patience.answer_by(offer.urgency, offer.window, work.now)
    countered = offer.counter(side, price, deadline, work.now)
    save_offer(work, offer, countered, announcements.offer_countered(countered), reason)
    calendar.extend(work, [countered.booking_id], deadline)
    work.schedule(timers.OFFER_EXPIRY, offer_id, deadline)
    return countered
