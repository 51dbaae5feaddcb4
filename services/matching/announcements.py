"""What matching says, put together from its requests, offers, reviews and flags."""

from typing import Any

from muster.contracts import matching as said
from muster.contracts.event import Event
from services.matching.domain.flag import Flag
from services.matching.domain.offer import Offer
from services.matching.domain.request import Assignment, Request
from services.matching.domain.review import Review
from services.matching.findings import told
from services.matching.veil import Veil


def submitted(request: Request) -> Event:
    """Return that an enterprise asked for protection."""
    return said.RequestSubmitted(
        **_about(request), urgency=request.urgency, place=request.place, window=request.window
    )


def proposed(request: Request) -> Event:
    """Return that the enterprise may approve."""
    return said.RequestProposed(**_about(request), assignments=_assignments(request))


def confirmed(request: Request) -> Event:
    """Return all that dispatch needs."""
    return said.RequestConfirmed(
        **_about(request),
        urgency=request.urgency,
        place=request.place,
        window=request.window,
        terms=said.Terms(**vars(request.terms)),
        principal=said.Principal(**vars(request.principal)),
        assignments=_assignments(request),
    )


def service_started(request: Request) -> Event:
    """Return that the first provider is at work."""
    return said.RequestServiceStarted(**_about(request))


def closed(request: Request) -> Event:
    """Return that all jobs have ended."""
    return said.RequestClosed(**_about(request))


def cancelled(request: Request, reason: str) -> Event:
    """Return that the request was withdrawn."""
    return said.RequestCancelled(**_about(request), reason=reason)


def request_expired(request: Request, reason: str) -> Event:
    """Return that the request was not confirmed in time."""
    return said.RequestExpired(**_about(request), reason=reason)


def unfilled(request: Request) -> Event:
    """Return that a required need cannot be covered, and why; optional needs are no reason.

    The enterprise hears it, so the reasons tell nobody's home.
    """
    shortfalls = Veil(frozenset(), request.place.country).over_shortfalls(request.shortfalls)
    return said.RequestUnfilled(
        **_about(request),
        shortfalls=tuple(
            said.NeedShortfall(
                need_id=short.need_id,
                kind=short.kind,
                missing=short.missing,
                reasons=short.reasons,
            )
            for short in shortfalls
            if not short.optional
        ),
    )


def offer_sent(offer: Offer) -> Event:
    """Return that a provider is asked."""
    return said.OfferSent(
        **_of(offer),
        requirement=offer.requirement,
        urgency=offer.urgency,
        place=offer.place,
        window=offer.window,
        price=offer.price,
        expires_at=offer.expires_at,
    )


def offer_accepted(offer: Offer) -> Event:
    """Return that both sides agree."""
    return said.OfferAccepted(**_of(offer))


def offer_declined(offer: Offer, reason: str) -> Event:
    """Return that someone said no."""
    return said.OfferDeclined(**_of(offer), reason=reason)


def offer_countered(offer: Offer) -> Event:
    """Return that the provider named another price."""
    return said.OfferCountered(**_of(offer), price=offer.price)


def offer_expired(offer: Offer) -> Event:
    """Return that no answer came in time."""
    return said.OfferExpired(**_of(offer))


def offer_withdrawn(offer: Offer, reason: str) -> Event:
    """Return that an unanswered offer was taken back."""
    return said.OfferWithdrawn(**_of(offer), reason=reason)


def offer_committed(offer: Offer) -> Event:
    """Return that both sides are bound."""
    return said.OfferCommitted(**_of(offer))


def offer_released(offer: Offer, reason: str) -> Event:
    """Return that the offer binds no longer."""
    return said.OfferReleased(**_of(offer), reason=reason)


def assignment_flagged(flag: Flag) -> Event:
    """Return that a committed provider no longer passes."""
    return said.AssignmentFlagged(**_flagged(flag), findings=told(flag.findings))


def assignment_cleared(flag: Flag) -> Event:
    """Return that a flagged provider passes again."""
    return said.AssignmentCleared(**_flagged(flag))


def review_opened(review: Review) -> Event:
    """Return that an operator must decide."""
    return said.ReviewOpened(**_asked(review))


def review_decided(review: Review) -> Event:
    """Return what an operator decided, and why."""
    return said.ReviewDecided(**_asked(review), reason=review.reason)


def _flagged(flag: Flag) -> dict[str, Any]:
    return {
        "request_id": flag.request_id,
        "enterprise_id": flag.enterprise_id,
        "provider_id": flag.provider_id,
        "version": flag.version,
        "rule_pack": flag.rule_pack,
    }


def _asked(review: Review) -> dict[str, Any]:
    return {
        "review_id": review.review_id,
        "provider_id": review.provider_id,
        "country": review.country,
        "kind": review.kind,
        "armed": review.armed,
        "status": review.status,
        "findings": told(review.findings),
    }


def _about(request: Request) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "enterprise_id": request.enterprise_id,
        "status": request.status,
    }


def _of(offer: Offer) -> dict[str, Any]:
    return {
        "offer_id": offer.offer_id,
        "request_id": offer.request_id,
        "need_id": offer.need_id,
        "enterprise_id": offer.enterprise_id,
        "provider_id": offer.provider_id,
        "capability_id": offer.capability_id,
        "kind": offer.kind,
        "quantity": offer.quantity,
        "status": offer.status,
    }


def _assignments(request: Request) -> tuple[said.Assignment, ...]:
    return tuple(map(_assignment, request.assignments))


def _assignment(assignment: Assignment) -> said.Assignment:
    return said.Assignment(**vars(assignment))
