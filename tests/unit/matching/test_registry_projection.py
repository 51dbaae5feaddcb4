"""Matching's own copy of what the registry says."""

from datetime import timedelta

from muster.contracts.vocabulary.attributes import VehicleAttributes, VehicleRequirement
from muster.contracts.vocabulary.statuses import (
    CapabilityStatus,
    MemberStatus,
    OfferStatus,
    RequestStatus,
)
from muster.contracts.vocabulary.values import Coverage
from tests.unit.matching.builders import (
    PENANG,
    SINGAPORE,
    Room,
    asking,
    capability_changed,
    guards_needed,
    licence,
    provider_changed,
)


def test_an_older_snapshot_changes_nothing() -> None:
    """Version two was heard before version one."""
    room = Room(provider_changed("alpha"), capability_changed("alpha", capacity=9, version=2))
    room.hear_registry(capability_changed("alpha", capacity=3, version=1))
    room.hear_registry(capability_changed("alpha", capacity=3, version=2))

    assert room.the_offer(room.sourced(asking(guards_needed(9)))).quantity == 9


def test_within_a_batch_the_newest_snapshot_counts() -> None:
    """Whatever order the versions come in."""
    room = Room(
        provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2),
        provider_changed("alpha", version=3),
        provider_changed("alpha", status=MemberStatus.VETTING, version=1),
        capability_changed("alpha", capacity=3, version=2),
        capability_changed("alpha", capacity=9, version=3),
        capability_changed("alpha", capacity=9, version=3),
        capability_changed("alpha", capacity=1, version=1),
    )

    assert room.the_offer(room.sourced(asking(guards_needed(9)))).quantity == 9


def test_a_capability_is_found_where_its_newest_snapshot_says() -> None:
    """It has moved from Malaysia to Singapore."""
    cars = VehicleAttributes("vehicles")
    room = Room(
        provider_changed("alpha", licence("MY"), licence("SG")),
        capability_changed("alpha", attributes=cars),
    )
    room.hear_registry(
        capability_changed(
            "alpha",
            attributes=cars,
            base=SINGAPORE,
            coverage=Coverage(frozenset({"SG"})),
            version=2,
        )
    )
    wanted = guards_needed(1, required=VehicleRequirement("vehicles"))

    assert room.sourced(asking(wanted)).shortfalls[0].reasons == {"no_candidate_in_country": 1}
    assert room.the_offer(room.sourced(asking(wanted, place=SINGAPORE))).provider_id == "org_alpha"


def test_a_retired_capability_is_not_considered_a_paused_one_is() -> None:
    """A paused one may be back; the shortfall tells of it."""
    room = Room(provider_changed("alpha"), capability_changed("alpha"))
    room.hear_registry(capability_changed("alpha", status=CapabilityStatus.PAUSED, version=2))
    assert room.sourced().shortfalls[0].reasons == {"capability_published": 1}

    room.hear_registry(capability_changed("alpha", status=CapabilityStatus.RETIRED, version=3))
    assert room.sourced().shortfalls[0].reasons == {"no_candidate_in_country": 1}


def test_a_capability_heard_of_before_its_provider_serves_once_that_is_known() -> None:
    """Messages may come in any order."""
    room = Room(capability_changed("alpha"))
    assert room.sourced().shortfalls[0].reasons == {"provider_active": 1}
    room.hear_registry(provider_changed("alpha"))

    assert room.sourced().status is RequestStatus.SOURCING


def test_lowering_capacity_below_what_is_booked_is_no_overbooking_by_matching() -> None:
    """Earlier promises stand; new ones keep to the new capacity."""
    room = Room(provider_changed("alpha"), capability_changed("alpha", capacity=10))
    room.until_confirmed(asking(guards_needed(8)))
    room.hear_registry(capability_changed("alpha", capacity=5, version=2))

    assert room.overbooked() == []
    assert room.sourced(asking(guards_needed(1))).status is RequestStatus.UNFILLED
    assert room.taken() == 8


def test_a_provider_that_is_lost_is_replaced_before_confirmation() -> None:
    """What it had accepted is released, and the proposal goes back to sourcing."""
    room = Room(
        provider_changed("alpha"),
        provider_changed("beta"),
        capability_changed("alpha"),
        capability_changed("beta", base=PENANG),
    )
    request = room.sourced()
    accepted = room.accept(room.the_offer(request))
    assert room.request(request).status is RequestStatus.PROPOSED

    room.hear_registry(provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2))
    room.wait()

    again = room.request(request)
    assert room.offer(accepted.offer_id).status is OfferStatus.RELEASED
    assert (again.status, again.assignments) == (RequestStatus.SOURCING, ())
    assert room.the_offer(request).provider_id == "org_beta"
    assert room.taken("alpha") == 0
    assert {kind for kind, _ in room.timers()} == {"offer-expiry", "request-expiry"}


def test_an_open_offer_of_a_lost_provider_is_withdrawn() -> None:
    """Nobody waits for an answer that may not be given."""
    room = Room(provider_changed("alpha"), capability_changed("alpha"))
    request = room.sourced()
    offer = room.the_offer(request)
    room.hear_registry(provider_changed("alpha", status=MemberStatus.EXPELLED, version=2))
    room.wait()

    assert room.offer(offer.offer_id).status is OfferStatus.WITHDRAWN
    assert room.request(request).status is RequestStatus.UNFILLED


def test_a_confirmed_request_keeps_a_provider_that_is_suspended_later() -> None:
    """That is for operators to decide: people may be on the road."""
    room = Room(provider_changed("alpha"), capability_changed("alpha"))
    request = room.until_confirmed()
    room.hear_registry(provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2))
    room.wait()

    assert room.request(request).status is RequestStatus.CONFIRMED
    assert room.taken() == 4


def test_a_provider_that_is_back_before_the_timer_fires_loses_nothing() -> None:
    """The timer looks at how things stand now."""
    room = Room(provider_changed("alpha"), capability_changed("alpha"))
    request = room.sourced()
    room.hear_registry(provider_changed("alpha", status=MemberStatus.SUSPENDED, version=2))
    room.hear_registry(provider_changed("alpha", version=3))
    room.wait(timedelta(seconds=1))

    assert room.the_offer(request).status is OfferStatus.SENT


def test_every_kind_is_kept_as_it_was_said() -> None:
    """A vehicle is found as a vehicle, not as a guard."""
    room = Room(
        provider_changed("alpha"),
        capability_changed("alpha", attributes=VehicleAttributes("vehicles")),
    )

    assert room.sourced().shortfalls[0].reasons == {"no_candidate_in_country": 1}
