"""AcceptOffer: the provider, or after a counter the enterprise, says yes."""

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import OfferId
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, calendar, timers, track_records
from services.matching.domain.deadlines import Patience
from services.matching.domain.offer import Offer
from services.matching.engine.policy import Policy
from services.matching.judging import must_pass
from services.matching.record import save_offer
from services.matching.track_records import Tally
from services.matching.use_cases.confirming import propose_if_covered
from services.matching.use_cases.dealing import lock_dealing_of


def accept_offer(
    work: UnitOfWork, caller: Caller, offer_id: OfferId, patience: Patience, policy: Policy
) -> Offer:
    """Accept; its booking stays held, and a request that is now covered is proposed.

    Raises NotFound, OfferLapsed, IllegalTransition, or Conflict if it is the other side's turn or
    the provider does not pass the rules of standing and law any more.
    """
    dealing, side = lock_dealing_of(work, caller, offer_id)
    accepted = dealing.offer.accept(side, work.now)
    must_pass(
        work.connection,
        dealing.request,
        [accepted],
        policy,
        work.now,
        "Ask an operator about it, or decline the offer.",
    )
    save_offer(work, dealing.offer, accepted, announcements.offer_accepted(accepted))
    work.unschedule(timers.OFFER_EXPIRY, offer_id)
    deadline = patience.approve_by(accepted.window, work.now)
    calendar.extend(work, [accepted.booking_id], deadline)
    offers = dealing.with_answer(accepted)
    propose_if_covered(work, dealing.request, offers, patience)
    track_records.count(work, Tally(accepted.provider_id, accepted=1))
    return accepted
