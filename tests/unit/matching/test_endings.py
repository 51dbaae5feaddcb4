"""However a request ends, nothing of it remains held, asked or timed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from muster.contracts.matching import RequestCancelled
from muster.contracts.vocabulary.errors import IllegalTransition
from muster.contracts.vocabulary.statuses import JobStatus, OfferStatus, RequestStatus
from services.matching.domain.request import Request
from tests.unit.matching.builders import (
    OPERATOR,
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider_changed,
)

LIVE = (OfferStatus.SENT, OfferStatus.COUNTERED, OfferStatus.ACCEPTED, OfferStatus.COMMITTED)
SIXTEEN = asking(guards_needed(16))


@pytest.fixture
def room() -> Room:
    """Alpha and beta, ten guards each: sixteen need both."""
    return Room(
        provider_changed("alpha"),
        provider_changed("beta"),
        capability_changed("alpha"),
        capability_changed("beta"),
    )


def submitted(room: Room) -> Request:
    """Return a request that was only submitted."""
    return room.submit(SIXTEEN)


def sourcing(room: Room) -> Request:
    """Return a request with one offer accepted and one open."""
    request = room.sourced(SIXTEEN)
    room.accept(room.offers(request)[0])
    return request


def proposed(room: Room) -> Request:
    """Return a request whose offers are all accepted."""
    request = room.sourced(SIXTEEN)
    for offer in room.offers(request):
        room.accept(offer)
    return request


def confirmed(room: Room) -> Request:
    """Return a confirmed request."""
    return room.until_confirmed(SIXTEEN)


def in_service(room: Room) -> Request:
    """Return a request whose first provider is at work."""
    request = confirmed(room)
    room.hear_job(request, "alpha", JobStatus.IN_SERVICE, 6)
    return request


STAGES = [submitted, sourcing, proposed, confirmed, in_service]


@pytest.mark.parametrize("stage", STAGES)
def test_cancelling_releases_everything(room: Room, stage: Callable[[Room], Request]) -> None:
    """At every stage: bookings free, offers taken back, timers forgotten, dispatch told."""
    request = stage(room)
    assert room.request(request).status.value == stage.__name__
    cancelled = room.cancel(request)

    assert cancelled.status is RequestStatus.CANCELLED
    assert room.taken() == 0
    assert room.offers(request, *LIVE) == []
    assert room.timers() == set()
    (said,) = room.said("muster.matching.request.cancelled.v1")
    assert isinstance(said.event, RequestCancelled)
    assert said.event.reason == "plans changed"
    assert room.steps(request.request_id)[-1] == (
        "enterprise:cli_mine",
        stage.__name__,
        "cancelled",
    )


@pytest.mark.parametrize("stage", STAGES)
def test_after_cancelling_others_get_what_was_held(
    room: Room, stage: Callable[[Room], Request]
) -> None:
    """The capacity is really free."""
    room.cancel(stage(room))

    assert sum(offer.quantity for offer in room.offers(room.sourced(SIXTEEN))) == 16


def test_cancelling_tells_the_open_and_the_bound_apart(room: Room) -> None:
    """An unanswered offer is withdrawn, an accepted one released."""
    request = sourcing(room)
    room.cancel(request)

    assert {offer.status for offer in room.offers(request)} == {
        OfferStatus.RELEASED,
        OfferStatus.WITHDRAWN,
    }
    assert len(room.said("muster.matching.offer.released.v1")) == 1
    assert len(room.said("muster.matching.offer.withdrawn.v1")) == 1


def test_cancelling_a_confirmed_request_takes_the_principal_back(room: Room) -> None:
    """Whoever is not bound any more need not know."""
    request = confirmed(room)
    assert all(offer.principal for offer in room.offers(request))
    room.cancel(request)

    assert not any(offer.principal for offer in room.offers(request))


def test_cancelling_leaves_alone_who_has_done_its_work(room: Room) -> None:
    """Alpha has completed its job; only beta is released."""
    request = confirmed(room)
    room.hear_job(request, "alpha", JobStatus.COMPLETED, 8)
    room.cancel(request)

    assert {offer.provider_id: offer.status for offer in room.offers(request)} == {
        "org_alpha": OfferStatus.COMMITTED,
        "org_beta": OfferStatus.RELEASED,
    }
    assert room.taken() == 0


def test_what_is_over_cannot_be_cancelled(room: Room) -> None:
    """A second cancellation is told so."""
    request = room.submit()
    room.cancel(request)

    with pytest.raises(IllegalTransition) as refused:
        room.cancel(request)

    assert refused.value.allowed == ()


def test_an_operator_may_cancel(room: Room) -> None:
    """Operators steer."""
    request = room.submit()

    assert room.cancel(request, OPERATOR).status is RequestStatus.CANCELLED


def test_a_proposal_that_is_not_approved_in_time_expires(room: Room) -> None:
    """A day after the proposal everything is free again."""
    request = proposed(room)
    room.wait(timedelta(hours=24))

    assert room.request(request).status is RequestStatus.EXPIRED
    assert room.taken() == 0
    assert room.timers() == set()
    assert room.steps(request.request_id)[-1] == ("timer:approval-expiry", "proposed", "expired")
    assert {offer.status for offer in room.offers(request)} == {OfferStatus.RELEASED}


def test_an_approved_request_does_not_expire(room: Room) -> None:
    """Its timers are forgotten."""
    request = confirmed(room)
    room.wait(timedelta(days=3))

    assert room.request(request).status is RequestStatus.CONFIRMED


@pytest.mark.parametrize("stage", [submitted, sourcing, proposed])
def test_what_is_not_confirmed_when_its_window_ends_expires(
    room: Room, stage: Callable[[Room], Request]
) -> None:
    """Whichever timer comes first, in the end nothing is held."""
    request = stage(room)
    room.wait(timedelta(hours=36))

    assert room.request(request).status is RequestStatus.EXPIRED
    assert room.taken() == 0
    assert room.timers() == set()
    assert len(room.said("muster.matching.request.expired.v1")) == 1
