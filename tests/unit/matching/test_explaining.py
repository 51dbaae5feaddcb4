"""Explanations: why, and why not."""

from muster.contracts.vocabulary.attributes import VehicleAttributes, VehicleRequirement
from muster.contracts.vocabulary.statuses import BookingStatus, CapabilityStatus
from services.matching.engine.explain import ENGINE_VERSION
from services.matching.engine.model import Outcome
from services.matching.engine.verdicts import Choice, NeedExplanation
from tests.unit.matching.builders import SIEM_REAP, capability_changed
from tests.unit.matching.cases import a_booking, a_need, a_pool, a_request, outcomes


def choices(need: NeedExplanation) -> dict[str, Choice]:
    """Return what became of each candidate, by name."""
    return {c.capability_id.removeprefix("cap_"): c.choice for c in need.considered}


def first_need(outcome: Outcome) -> NeedExplanation:
    """Return the explanation of the need that was served first."""
    return outcome.explanation.needs[0]


def test_every_candidate_is_accounted_for() -> None:
    """Chosen, not needed, or barred with rule, fact and wish; the best first."""
    pool = a_pool(
        capability_changed("near"),
        capability_changed("far", base=SIEM_REAP),
        capability_changed("paused", status=CapabilityStatus.PAUSED),
    )

    (outcome,) = outcomes(pool, a_request())
    need = first_need(outcome)

    assert choices(need) == {
        "near": Choice.CHOSEN,
        "far": Choice.NOT_NEEDED,
        "paused": Choice.BARRED,
    }
    chosen, spare, barred = need.considered
    assert (chosen.quantity, spare.quantity) == (4, 0)
    assert chosen.score is not None
    assert spare.score is not None
    assert chosen.score.value < spare.score.value
    assert [(v.rule, v.fact, v.wanted) for v in barred.failed] == [
        ("capability_published", "paused", "published")
    ]
    assert outcome.explanation.engine_version == ENGINE_VERSION


def test_a_lawful_candidate_without_capacity_is_told_apart() -> None:
    """It failed no rule; there was not enough of it."""
    pool = a_pool(
        capability_changed("full", capacity=4),
        capability_changed("some", capacity=1, base=SIEM_REAP),
        bookings=[a_booking("full", 4)],
    )

    (outcome,) = outcomes(pool, a_request())

    assert choices(first_need(outcome)) == {
        "full": Choice.NO_CAPACITY,
        "some": Choice.CHOSEN,
    }
    assert first_need(outcome).missing == 3


def test_what_was_given_up_for_another_need_is_told_apart() -> None:
    """The guards were there, but no vehicles."""
    vehicles = a_need(1, number=2, required=VehicleRequirement("vehicles"))

    (outcome,) = outcomes(a_pool(capability_changed("alpha")), a_request(a_need(), vehicles))

    assert choices(first_need(outcome)) == {"alpha": Choice.GIVEN_UP}


def test_a_shortfall_counts_each_candidate_under_its_first_failed_rule() -> None:
    """Five candidates, five counts; capacity for those that failed none."""
    pool = a_pool(
        capability_changed("a", status=CapabilityStatus.PAUSED, lead_time_minutes=100_000),
        capability_changed("b", lead_time_minutes=100_000),
        capability_changed("c", lead_time_minutes=100_000),
        capability_changed("d", capacity=2),
        capability_changed("e", capacity=1),
        bookings=[a_booking("e", 1, status=BookingStatus.CONFIRMED)],
    )

    (outcome,) = outcomes(pool, a_request())
    (shortfall,) = outcome.shortfalls

    assert shortfall.missing == 2
    assert shortfall.reasons == {"capability_published": 1, "lead_time": 2, "capacity": 2}


def test_where_nobody_serves_the_reason_says_so() -> None:
    """No candidate of this kind in this country at all."""
    cars = capability_changed("cars", attributes=VehicleAttributes("vehicles"))

    (outcome,) = outcomes(a_pool(cars), a_request())

    assert outcome.shortfalls[0].reasons == {"no_candidate_in_country": 1}


def test_a_request_that_got_all_it_asked_has_no_shortfall() -> None:
    """Nothing is missing, nothing is explained away."""
    (outcome,) = outcomes(a_pool(capability_changed("alpha")), a_request())

    assert outcome.shortfalls == ()
    assert not outcome.hopeless
