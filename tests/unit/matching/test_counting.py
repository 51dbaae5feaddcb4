"""Operators see what matching decides as it decides it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from muster.contracts.vocabulary.kinds import Urgency
from tests.metrics import Rise
from tests.unit.matching.builders import (
    SINGAPORE,
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider_changed,
)


@pytest.fixture
def room() -> Room:
    """Alpha, with ten guards."""
    return Room(provider_changed("alpha"), capability_changed("alpha"))


@pytest.fixture
def rise(room: Room) -> Rise:
    """Return what is counted from now on."""
    return Rise()


def test_a_request_is_counted_from_submission_to_confirmation(room: Room, rise: Rise) -> None:
    """With what its first offer and its confirmation took, and each step of the offer."""
    request = room.submit(asking(guards_needed(4)))
    room.clock.advance(timedelta(seconds=7))
    room.source(request)
    (offer,) = room.offers(request)
    room.clock.advance(timedelta(seconds=3))
    room.accept(offer)
    room.approve(room.request(request))

    urgency = {"urgency": request.urgency.value}
    assert rise.of("muster_requests_submitted_total", **urgency) == 1
    assert rise.of("muster_request_first_offer_seconds_sum", **urgency) == 7
    assert rise.of("muster_request_confirmation_seconds_sum", **urgency) == 10
    for outcome in ("sent", "accepted", "committed"):
        assert rise.of("muster_offers_total", kind="guards", outcome=outcome) == 1
    assert rise.of("muster_offers_total") == 3
    assert rise.of("muster_sla_breaches_total") == 0


def test_a_second_offer_is_no_first_one(room: Room, rise: Rise) -> None:
    """Only the first wait counts."""
    room.hear_registry(provider_changed("beta"), capability_changed("beta"))
    request = room.sourced(asking(guards_needed(4)))
    room.decline(room.offers(request)[0])
    room.wait()

    assert len(room.offers(request)) == 2
    assert rise.of("muster_request_first_offer_seconds_count") == 1
    assert rise.of("muster_offers_total", outcome="declined") == 1


def test_a_first_offer_that_comes_too_late_is_a_broken_promise(room: Room, rise: Rise) -> None:
    """An emergency has a minute."""
    request = room.submit(replace(asking(guards_needed(4)), urgency=Urgency.EMERGENCY))
    room.clock.advance(timedelta(seconds=61))
    room.source(request)

    assert rise.of("muster_sla_breaches_total", objective="first_offer", urgency="emergency") == 1


def test_an_offer_that_nobody_answers_is_a_broken_promise(room: Room, rise: Rise) -> None:
    """Counted as expired, too."""
    room.sourced(asking(guards_needed(4)))
    room.wait(by=timedelta(hours=24, seconds=1))

    assert rise.of("muster_offers_total", outcome="expired") == 1
    assert rise.of("muster_sla_breaches_total", objective="answer") == 1


def test_a_request_that_is_given_up_is_counted_by_its_reason(room: Room, rise: Rise) -> None:
    """It never had an offer: that is a broken promise."""
    room.sourced(asking(place=SINGAPORE))

    assert rise.of("muster_requests_unfilled_total") == 1
    assert rise.of("muster_requests_unfilled_total", reason="no_candidate_in_country") == 1
    assert rise.of("muster_sla_breaches_total", objective="first_offer") == 1


def test_verdicts_are_counted_by_rule_and_jurisdiction(room: Room, rise: Rise) -> None:
    """One candidate passes all rules, one fails one of them."""
    room.hear_registry(
        provider_changed("beta"), capability_changed("beta", lead_time_minutes=100_000)
    )
    room.sourced(asking(guards_needed(4)))

    name = "muster_gate_verdicts_total"
    assert rise.of(name, rule="arrival", jurisdiction="*", verdict="passed") == 1
    assert rise.of(name, rule="arrival", jurisdiction="*", verdict="failed") == 1
    assert rise.of(name, rule="my.licence", jurisdiction="MY", verdict="passed") == 2
    assert rise.of(name, verdict="failed") == 1


def test_what_the_allocator_takes_is_measured(room: Room, rise: Rise) -> None:
    """Where it is proven that nothing is better, the gap is nothing."""
    room.sourced(asking(guards_needed(4)))

    assert rise.of("muster_solver_duration_seconds_count") >= 1
    assert rise.of("muster_solver_gap_ratio_bucket", le="0.0") >= 1
