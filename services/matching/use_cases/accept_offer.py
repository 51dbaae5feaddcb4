"""AcceptOffer: the provider, or after a counter the enterprise, says yes."""

from muster.access import Caller
from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.identifiers import OfferId, OrganisationId
from muster.contracts.vocabulary.statuses import MemberStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, calendar, projection, timers, track_records
from services.matching.domain.deadlines import Patience
from services.matching.domain.offer import Offer
from services.matching.record import save_offer
from services.matching.track_records import Tally
from services.matching.use_cases.confirming import propose_if_covered
from services.matching.use_cases.dealing import lock_dealing_of


def accept_offer(work: UnitOfWork, caller: Caller, offer_id: OfferId, patience: Patience) -> Offer:
    """Accept; its booking stays held, and a request that is now covered is proposed.

    Raises NotFound, OfferLapsed, IllegalTransition, or Conflict if it is the other side's turn or
    the provider is not an active member any more.
    """
    dealing, side = lock_dealing_of(work, caller, offer_id)
    accepted = dealing.offer.accept(side, work.now)
    _must_be_active(work, accepted.provider_id)
    save_offer(work, dealing.offer, accepted, announcements.offer_accepted(accepted))
    work.unschedule(timers.OFFER_EXPIRY, offer_id)
    deadline = patience.approve_by(accepted.window, work.now)
    calendar.extend(work, [accepted.booking_id], deadline)
    offers = dealing.with_answer(accepted)
    propose_if_covered(work, dealing.request, offers, patience)
    track_records.count(work, Tally(accepted.provider_id, accepted=1))
    return accepted


def _must_be_active(work: UnitOfWork, provider_id: OrganisationId) -> None:
    standing = projection.standing_of(work.connection, [provider_id]).get(provider_id)
    if standing is not MemberStatus.ACTIVE:
        raise Conflict(
            "Only an active member may commit itself; this provider is "
            f"{standing or 'not known to matching'}. "
            "Ask an operator about its standing, or decline the offer."
        )
