"""LoseProvider: a member that is not active any more serves nobody who has not confirmed it."""

from sqlalchemy import select

from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId
from muster.contracts.vocabulary.statuses import MemberStatus, OfferStatus
from muster.storage.unit_of_work import UnitOfWork
from services.matching import projection, timers
from services.matching.domain.offer import WAITING
from services.matching.tables import REQUESTS, offers
from services.matching.use_cases.dealing import offers_of
from services.matching.use_cases.ending import take_back
from services.matching.use_cases.refusing import owe_sourcing

_UNCONFIRMED = sorted(WAITING | {OfferStatus.ACCEPTED})


def lose_provider(work: UnitOfWork, provider_id: OrganisationId) -> None:
    """Take back its offers that are not committed, and source their needs from others.

    Does nothing if the provider is active again. Committed work is for operators to decide.
    """
    standing = projection.standing_of(work.connection, [provider_id]).get(provider_id)
    if standing in (None, MemberStatus.ACTIVE):
        return
    concerned = work.connection.execute(
        select(offers.c.request_id)
        .where(offers.c.provider_id == provider_id, offers.c.status.in_(_UNCONFIRMED))
        .distinct()
        .order_by(offers.c.request_id)
    ).scalars()
    for request_id in concerned.all():
        _lose_in(work, RequestId(request_id), provider_id, f"the provider is {standing}")


def _lose_in(
    work: UnitOfWork, request_id: RequestId, provider_id: OrganisationId, reason: str
) -> None:
    request = REQUESTS.get(work.connection, request_id, lock=True)
    own = [o for o in offers_of(work, request_id) if o.provider_id == provider_id and o.is_live]
    if not (own and request.is_open):
        return
    take_back(work, own, reason)
    work.unschedule(timers.APPROVAL_EXPIRY, request_id)
    owe_sourcing(work, request, reason)
