"""What happens when a need cannot be covered: wait, or give up with reasons."""

from datetime import timedelta

import pytest

from muster.contracts.matching import RequestUnfilled
from muster.contracts.vocabulary.attributes import GuardRequirement, VehicleRequirement
from muster.contracts.vocabulary.statuses import OfferStatus, RequestStatus
from services.matching.settings import MatchingSettings
from tests.unit.matching.builders import (
    SINGAPORE,
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider_changed,
)

RETRY = timedelta(seconds=20)


@pytest.fixture
def room() -> Room:
    """Alpha, with four guards."""
    return Room(provider_changed("alpha"), capability_changed("alpha", capacity=4))


def reasons(room: Room) -> list[dict[str, int]]:
    """Return the reasons of each shortfall of the only request that was given up."""
    (said,) = room.said("muster.matching.request.unfilled.v1")
    assert isinstance(said.event, RequestUnfilled)
    return [shortfall.reasons for shortfall in said.event.shortfalls]


def test_where_nobody_serves_a_request_is_unfilled_at_once(room: Room) -> None:
    """The reason is that there is no candidate at all."""
    request = room.sourced(asking(place=SINGAPORE))

    assert request.status is RequestStatus.UNFILLED
    assert reasons(room) == [{"no_candidate_in_country": 1}]
    assert room.words(request) == ["submitted", "unfilled"]
    assert room.timers() == set()


def test_where_nobody_suits_the_reasons_are_counted_by_rule(room: Room) -> None:
    """Two cannot do it, one has not enough."""
    room.hear_registry(
        provider_changed("beta"),
        capability_changed("beta", lead_time_minutes=100_000),
        capability_changed("gamma", of="unheard"),
    )
    request = room.sourced(asking(guards_needed(9, required=GuardRequirement("guards"))))

    assert request.status is RequestStatus.UNFILLED
    assert reasons(room) == [{"arrival": 1, "capacity": 1, "provider_active": 1}]
    assert request.shortfalls[0].missing == 5


def test_one_need_that_cannot_be_covered_gives_up_the_whole_request(room: Room) -> None:
    """No offer is sent for the guards when there are no vehicles."""
    request = room.sourced(
        asking(guards_needed(), guards_needed(1, required=VehicleRequirement("vehicles")))
    )

    assert request.status is RequestStatus.UNFILLED
    assert room.offers(request) == []
    assert room.taken() == 0


def test_giving_up_takes_back_what_was_offered_and_accepted() -> None:
    """The last hope declined: the one releases, the other is withdrawn."""
    room = Room(
        *(provider_changed(name) for name in ("alpha", "beta", "gamma")),
        *(capability_changed(name, capacity=4) for name in ("alpha", "beta", "gamma")),
    )
    request = room.sourced(asking(guards_needed(12)))
    accepted, declined, open_one = room.offers(request)
    room.accept(accepted)
    room.decline(declined)
    room.wait()

    assert room.request(request).status is RequestStatus.UNFILLED
    assert room.offer(accepted.offer_id).status is OfferStatus.RELEASED
    assert room.offer(open_one.offer_id).status is OfferStatus.WITHDRAWN
    assert room.taken() == 0
    assert room.timers() == set()
    assert room.steps(accepted.offer_id)[-1] == ("timer:sourcing", "accepted", "released")


def test_capacity_that_is_only_held_is_waited_for(room: Room) -> None:
    """The first request is declined, and what it held goes to the second."""
    first = room.sourced()
    second = room.sourced()

    assert second.status is RequestStatus.SOURCING
    assert [s.may_come_back for s in second.shortfalls] == [True]
    assert ("sourcing", second.request_id) in room.timers()

    room.cancel(first)
    room.wait(RETRY)

    assert room.the_offer(second).quantity == 4
    assert room.overbooked() == []


def test_capacity_that_is_confirmed_is_not_waited_for(room: Room) -> None:
    """It will not come back in time."""
    room.until_confirmed()

    assert room.sourced().status is RequestStatus.UNFILLED
    assert reasons(room) == [{"capacity": 1}]


def test_waiting_ends_when_the_holds_are_confirmed(room: Room) -> None:
    """Now it is known that nothing comes back."""
    first, second = room.sourced(), room.sourced()
    room.accept(room.the_offer(first))
    room.approve(first)
    room.wait(RETRY)

    assert room.request(second).status is RequestStatus.UNFILLED


def test_waiting_has_an_end() -> None:
    """After so many tries the request is given up, though the hold is still there."""
    room = Room(
        provider_changed("alpha"),
        capability_changed("alpha", capacity=4),
        settings=MatchingSettings(sourcing_tries=3, sourcing_retry_seconds=10),
    )
    room.sourced()
    second = room.sourced()
    for _ in range(2):
        room.wait(timedelta(seconds=10))
        assert room.request(second).status is RequestStatus.SOURCING
    room.wait(timedelta(seconds=10))

    assert room.request(second).status is RequestStatus.UNFILLED
    assert reasons(room) == [{"capacity": 1}]


def test_while_it_waits_what_it_could_get_is_asked_for(room: Room) -> None:
    """Half of it is offered at once, the rest when it comes free; then it is proposed."""
    room.hear_registry(provider_changed("beta"), capability_changed("beta", capacity=4))
    first = room.sourced(asking(guards_needed(4)))
    second = room.sourced(asking(guards_needed(6)))
    (offer,) = room.offers(second)
    room.accept(offer)

    assert (offer.provider_id, offer.quantity) == ("org_beta", 4)
    assert room.request(second).status is RequestStatus.SOURCING

    room.cancel(first)
    room.wait(RETRY)
    room.accept(room.the_offer(second))

    assert room.request(second).status is RequestStatus.PROPOSED


def test_all_or_nothing_holds_nothing_while_it_waits(room: Room) -> None:
    """It leaves to others what it cannot use yet."""
    room.hear_registry(provider_changed("beta"), capability_changed("beta", capacity=4))
    first = room.sourced(asking(guards_needed(4)))
    second = room.sourced(asking(guards_needed(6), all_or_nothing=True))
    assert room.offers(second) == []

    room.cancel(first)
    room.wait(RETRY)

    assert sum(offer.quantity for offer in room.offers(second)) == 6


def test_a_request_that_waits_beyond_its_window_expires(room: Room) -> None:
    """Its sourcing timer finds nothing to do any more."""
    request = room.submit()
    room.clock.advance(timedelta(hours=40))
    room.source(request)
    assert room.request(request).status is RequestStatus.SUBMITTED

    room.wait()

    assert room.request(request).status is RequestStatus.EXPIRED
    assert room.timers() == set()
