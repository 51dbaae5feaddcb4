"""Loading a request with its offers, locked, so that whoever decides sees the whole of it.

Every change of an offer or of its booking is made under the lock of its request: two answers to
one offer, or the last two answers to one request, follow one another.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from muster.access import Caller
from muster.contracts.vocabulary.errors import NotFound
from muster.contracts.vocabulary.identifiers import OfferId, RequestId
from muster.contracts.vocabulary.kinds import Role
from muster.storage.unit_of_work import UnitOfWork
from services.matching.domain.offer import Offer, Side
from services.matching.domain.request import Request
from services.matching.tables import OFFERS, REQUESTS, offers

_OFFERS_OF = OFFERS.lister(offers.c.request_id)
_REQUEST_OF = select(offers.c.request_id).where(offers.c.offer_id == bindparam("offer_id"))


@dataclass(frozen=True)
class Dealing:
    """One offer, the request it serves, and all offers of that request (this one among them)."""

    request: Request
    offers: tuple[Offer, ...]
    offer: Offer

    def with_answer(self, answered: Offer) -> tuple[Offer, ...]:
        """Return the offers of the request with this one in its new state."""
        return tuple(
            answered if offer.offer_id == answered.offer_id else offer for offer in self.offers
        )


def offers_of(work: UnitOfWork, request_id: RequestId) -> tuple[Offer, ...]:
    """Return all offers of a request whose lock is held."""
    return tuple(_OFFERS_OF(work.connection, request_id))


def lock_dealing(work: UnitOfWork, offer_id: OfferId) -> Dealing:
    """Return what the offer is about, with the request locked; raise NotFound."""
    request_id = work.connection.execute(_REQUEST_OF, {"offer_id": offer_id}).scalar()
    if request_id is None:
        raise NotFound("offer", offer_id)
    request = REQUESTS.get(work.connection, request_id, lock=True)
    found = offers_of(work, request.request_id)
    return Dealing(request, found, next(o for o in found if o.offer_id == offer_id))


def lock_dealing_of(work: UnitOfWork, caller: Caller, offer_id: OfferId) -> tuple[Dealing, Side]:
    """Return what the offer is about, and on which side the caller is; raise NotFound."""
    dealing = lock_dealing(work, offer_id)
    offer = dealing.offer
    if caller.role is Role.PROVIDER:
        caller.must_see("offer", offer_id, offer.provider_id)
        return dealing, Side.PROVIDER
    caller.must_see("offer", offer_id, offer.enterprise_id)
    return dealing, Side.ENTERPRISE


def lock_request_of(work: UnitOfWork, caller: Caller, request_id: RequestId) -> Request:
    """Return a request the caller may steer, locked; raise NotFound."""
    request = REQUESTS.get(work.connection, request_id, lock=True)
    caller.must_see("request", request_id, request.enterprise_id)
    return request
