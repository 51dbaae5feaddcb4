"""How far the offers of a request cover its needs."""

from collections.abc import Iterable, Sequence

from muster.contracts.vocabulary.identifiers import NeedId
from services.matching.domain.offer import Offer
from services.matching.domain.request import Assignment, Request


def missing(request: Request, offers: Iterable[Offer]) -> dict[NeedId, int]:
    """Return how much of each need neither is accepted nor awaits an answer."""
    left = {need.need_id: need.quantity for need in request.needs}
    for offer in offers:
        if offer.is_live:
            left[offer.need_id] -= offer.quantity
    return left


def is_covered(request: Request, offers: Sequence[Offer]) -> bool:
    """Tell whether the request may be proposed.

    That is: accepted offers cover every required need, no offer awaits an answer, and no round of
    sourcing is owed.
    """
    if request.sourcing_due or any(offer.is_waiting for offer in offers):
        return False
    left = missing(request, offers)
    return all(need.optional or left[need.need_id] == 0 for need in request.needs)


def assignments(offers: Iterable[Offer]) -> tuple[Assignment, ...]:
    """Return what the accepted offers amount to, by offer."""
    return tuple(
        Assignment(
            offer_id=offer.offer_id,
            booking_id=offer.booking_id,
            need_id=offer.need_id,
            kind=offer.kind,
            provider_id=offer.provider_id,
            capability_id=offer.capability_id,
            capability_name=offer.capability_name,
            quantity=offer.quantity,
            price=offer.price,
        )
        for offer in sorted(offers, key=lambda offer: offer.offer_id)
        if offer.is_binding
    )
