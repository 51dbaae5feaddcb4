"""What accept, approve and sourcing share: the way from covered to proposed to confirmed."""

from collections import defaultdict
from collections.abc import Sequence

from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import announcements, calendar, counting, timers, track_records
from services.matching.domain.deadlines import Patience
from services.matching.domain.offer import Offer
from services.matching.domain.progress import assignments, is_covered
from services.matching.domain.request import Request
from services.matching.domain.track_record import work_of
from services.matching.record import save_offer, save_request
from services.matching.track_records import Tally


def propose_if_covered(
    work: UnitOfWork, request: Request, offers: Sequence[Offer], patience: Patience
) -> Request:
    """Propose a sourcing request that is covered, and confirm it if that was asked for.

    Returns the request as it then is; one that is not covered stays as it was.
    """
    if request.status is not RequestStatus.SOURCING or not is_covered(request, offers):
        return request
    proposed = request.propose(assignments(offers))
    save_request(work, request, proposed, announcements.proposed(proposed), "every need is covered")
    if proposed.terms.auto_approve:
        return confirm(work, proposed, offers, "approved in advance")
    deadline = patience.approve_by(request.window, work.now)
    work.schedule(timers.APPROVAL_EXPIRY, request.request_id, deadline)
    calendar.extend(work, [a.booking_id for a in proposed.assignments], deadline)
    return proposed


def confirm(work: UnitOfWork, request: Request, offers: Sequence[Offer], reason: str) -> Request:
    """Bind both sides: bookings confirmed, offers committed, dispatch told.

    Raises IllegalTransition unless the request is proposed.
    """
    confirmed = request.become(RequestStatus.CONFIRMED)
    for offer in offers:
        if offer.is_binding:
            committed = offer.commit(request.principal)
            save_offer(work, offer, committed, announcements.offer_committed(committed), reason)
    calendar.confirm(work, [a.booking_id for a in request.assignments], reason)
    save_request(work, request, confirmed, announcements.confirmed(confirmed), reason)
    work.unschedule(timers.APPROVAL_EXPIRY, request.request_id)
    work.unschedule(timers.REQUEST_EXPIRY, request.request_id)
    track_records.count(work, *_work_given(work, offers))
    counting.confirmed(work, confirmed)
    return confirmed


def _work_given(work: UnitOfWork, offers: Sequence[Offer]) -> list[Tally]:
    given: dict[OrganisationId, float] = defaultdict(float)
    for offer in offers:
        if offer.is_binding:
            given[offer.provider_id] += work_of(offer.quantity, offer.window, work.now)
    return [Tally(provider_id, given=amount) for provider_id, amount in given.items()]
