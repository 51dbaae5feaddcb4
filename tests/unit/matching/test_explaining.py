"""Explanations: why, and why not."""

import zlib

from pydantic import TypeAdapter

from muster.contracts.vocabulary.attributes import VehicleAttributes, VehicleRequirement
from muster.contracts.vocabulary.identifiers import CapabilityId, NeedId
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import BookingStatus, CapabilityStatus, MemberStatus
from services.matching.engine.explain import ENGINE_VERSION
from services.matching.engine.model import Outcome
from services.matching.engine.policy import USUAL_WEIGHTS
from services.matching.engine.verdicts import (
    Choice,
    Consideration,
    Explanation,
    NeedExplanation,
    Ruling,
    Wave,
)
from services.matching.explanations import packed
from tests.unit.matching.cases import (
    CHAU_DOC,
    SIEM_REAP,
    a_booking,
    a_member,
    a_need,
    a_policy,
    a_pool,
    a_request,
    a_team,
    alone,
    outcomes,
)


def choices(need: NeedExplanation) -> dict[str, Choice]:
    """Return what became of each candidate, by name."""
    return {c.capability_id.removeprefix("cap_"): c.choice for c in need.considered}


def first_need(outcome: Outcome) -> NeedExplanation:
    """Return the explanation of the need that was served first."""
    return outcome.explanation.needs[0]


def test_every_candidate_is_accounted_for() -> None:
    """Chosen, not needed, or barred with rule, fact and wish; the best first."""
    pool = a_pool(
        a_team("near"),
        a_team("far", base=SIEM_REAP),
        a_team("paused", status=CapabilityStatus.PAUSED),
    )

    outcome = alone(pool, a_request())
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
    assert [
        (v.rule, v.fact, v.wanted) for v in barred.verdicts if v.ruling is not Ruling.PASSED
    ] == [("capability_published", "paused", "published")]
    assert outcome.explanation.engine_version == ENGINE_VERSION


def test_a_lawful_candidate_without_capacity_is_told_apart() -> None:
    """It failed no rule; there was not enough of it."""
    pool = a_pool(
        a_team("full", capacity=4),
        a_team("some", capacity=1, base=SIEM_REAP),
        bookings=[a_booking("full", 4)],
    )

    outcome = alone(pool, a_request())

    assert choices(first_need(outcome)) == {
        "full": Choice.NO_CAPACITY,
        "some": Choice.CHOSEN,
    }
    assert first_need(outcome).missing == 3


def test_what_was_given_up_for_another_need_is_told_apart() -> None:
    """The guards were there, but no vehicles."""
    vehicles = a_need(1, number=2, required=VehicleRequirement("vehicles"))

    outcome = alone(a_pool(a_team("alpha")), a_request(a_need(), vehicles))

    assert choices(first_need(outcome)) == {"alpha": Choice.GIVEN_UP}


def test_a_shortfall_counts_each_candidate_under_its_first_failed_rule() -> None:
    """Five candidates, five counts; capacity for those that failed none."""
    pool = a_pool(
        a_team("a", status=CapabilityStatus.PAUSED, lead_time_minutes=100_000),
        a_team("b", lead_time_minutes=100_000),
        a_team("c", lead_time_minutes=100_000),
        a_team("d", capacity=2),
        a_team("e", capacity=1),
        bookings=[a_booking("e", 1, status=BookingStatus.CONFIRMED)],
    )

    outcome = alone(pool, a_request())
    (shortfall,) = outcome.shortfalls

    assert shortfall.missing == 2
    assert shortfall.reasons == {"capability_published": 1, "arrival": 2, "capacity": 2}


def test_where_nobody_serves_the_reason_says_so() -> None:
    """No candidate of this kind in this country at all."""
    cars = a_team("cars", attributes=VehicleAttributes("vehicles"))

    outcome = alone(a_pool(cars), a_request())

    assert outcome.shortfalls[0].reasons == {"no_candidate_in_country": 1}


def test_a_request_that_got_all_it_asked_has_no_shortfall() -> None:
    """Nothing is missing, nothing is explained away."""
    outcome = alone(a_pool(a_team("alpha")), a_request())

    assert outcome.shortfalls == ()
    assert not outcome.hopeless


def named(need: NeedExplanation, name: str) -> Consideration:
    """Return what is said of one candidate."""
    (only,) = [c for c in need.considered if c.capability_id == f"cap_{name}"]
    return only


def test_an_explanation_says_by_which_rules_and_weights() -> None:
    """Whoever reads it later can tell what held then, and that nothing better was possible."""
    explanation = alone(a_pool(a_team("alpha")), a_request()).explanation

    assert explanation.rule_pack == "test-1"
    assert sum(explanation.weights.values()) == 1
    assert explanation.weights["arrival"] == USUAL_WEIGHTS.arrival
    assert explanation.solver.startswith("optimal: objective ")


def test_every_rule_is_told_of_every_candidate() -> None:
    """Passed or not: the same rules in the same order, and the soonest it could be there."""
    outcome = alone(
        a_pool(a_team("good"), a_team("bad", status=CapabilityStatus.PAUSED)), a_request()
    )
    good, bad = first_need(outcome).considered

    assert [v.rule for v in good.verdicts] == [v.rule for v in bad.verdicts]
    assert good.eligible
    assert not bad.eligible
    assert good.arrives_at == "2026-03-02T09:30:00+00:00"
    assert good.score is not None
    assert set(good.score.components) == set(outcome.explanation.weights)


def test_who_was_not_needed_learns_how_far_behind_it_is() -> None:
    """By how much its score is worse than that of the worst who was chosen."""
    need = first_need(alone(a_pool(a_team("near"), a_team("far", base=SIEM_REAP)), a_request()))
    near, far = named(need, "near"), named(need, "far")

    assert near.score
    assert far.score
    assert near.behind_by is None
    assert far.behind_by == far.score.value - near.score.value > 0


def test_who_lost_its_capacity_to_a_more_urgent_request_is_told_so() -> None:
    """The emergency took it, the planned request explains it."""
    pool = a_pool(a_team("alpha", capacity=4))
    planned = a_request(number=1)
    emergency = a_request(number=2, urgency=Urgency.EMERGENCY)

    first, _ = outcomes(pool, planned, emergency)

    assert choices(first_need(first)) == {"alpha": Choice.MORE_URGENT}


def test_who_serves_the_batch_better_elsewhere_is_told_so() -> None:
    """Only the near team can serve the second request, so the first makes do with the far one."""
    near = a_team("near", capacity=4)
    far = a_team("far", capacity=4, base=SIEM_REAP, lead_time_minutes=60)
    early = a_request(number=1)
    choosy = a_request(number=2, excluded=[far.provider_id])

    first, second = outcomes(a_pool(near, far), early, choosy)

    assert choices(first_need(first)) == {"near": Choice.BETTER_USED, "far": Choice.CHOSEN}
    assert choices(first_need(second)) == {"near": Choice.CHOSEN, "far": Choice.BARRED}


def test_who_is_further_off_waits_for_a_later_wave() -> None:
    """A neighbour may serve as well, but the locals suffice for few; for many it is needed."""
    vehicles = VehicleAttributes("vehicles")
    pool = a_pool(
        a_team("local", attributes=vehicles),
        a_team("neighbour", attributes=vehicles, base=CHAU_DOC),
        members=[a_member("neighbour", home="VN")],
    )
    few = a_need(2, required=VehicleRequirement("vehicles"))
    many = a_need(12, required=VehicleRequirement("vehicles"))

    near, wide = (first_need(alone(pool, a_request(need))) for need in (few, many))

    assert choices(near) == {"local": Choice.CHOSEN, "neighbour": Choice.LATER_WAVE}
    assert (near.wave, wide.wave) == (Wave.HOST, Wave.NEIGHBOURS)
    assert choices(wide) == {"local": Choice.CHOSEN, "neighbour": Choice.CHOSEN}


def test_who_needs_a_review_comes_after_the_clear_and_before_the_barred() -> None:
    """The barred who fail fewest rules are the nearest to passing, so they come first."""
    pool = a_pool(
        a_team("worst", status=CapabilityStatus.PAUSED),
        a_team("bad", status=CapabilityStatus.PAUSED),
        a_team("abroad"),
        a_team("good", base=SIEM_REAP),
        members=[
            a_member("abroad", home="VN"),
            a_member("worst", status=MemberStatus.SUSPENDED),
        ],
    )

    need = first_need(alone(pool, a_request()))

    assert list(choices(need).items()) == [
        ("good", Choice.CHOSEN),
        ("abroad", Choice.REVIEW),
        ("bad", Choice.BARRED),
        ("worst", Choice.BARRED),
    ]


def test_of_many_only_so_many_are_listed_and_the_rest_counted() -> None:
    """Whoever is chosen is among the listed; the index's own count is added."""
    pool = a_pool(
        *(a_team(f"c{n}", capacity=2) for n in range(4)),
        a_team("paused", status=CapabilityStatus.PAUSED),
        a_team("abroad"),
        members=[a_member("abroad", home="VN")],
        beyond={NeedId("ned_1"): {"eligible": 5, "coverage_radius": 7}},
    )

    need = first_need(alone(pool, a_request(), policy=a_policy(listed=3)))

    assert list(choices(need).values()) == [Choice.CHOSEN, Choice.CHOSEN, Choice.NOT_NEEDED]
    assert need.beyond == {
        "capability_published": 1,
        "coverage_radius": 7,
        "eligible": 6,
        "review": 1,
    }


def test_a_need_with_a_shortlist_is_sought_on_it_alone() -> None:
    """The others were loaded for other needs, and are counted already."""
    pool = a_pool(
        a_team("near"),
        a_team("other"),
        shortlists={NeedId("ned_1"): frozenset({CapabilityId("cap_other")})},
    )

    need = first_need(alone(pool, a_request()))

    assert [each.capability_id for each in need.considered] == ["cap_other"]


def test_a_shortfall_counts_those_beyond_and_those_under_review() -> None:
    """Whatever stood in the way, of everybody there is."""
    pool = a_pool(
        a_team("small", capacity=1),
        a_team("abroad"),
        members=[a_member("abroad", home="VN")],
        beyond={NeedId("ned_1"): {"attributes": 3}},
    )

    (shortfall,) = alone(pool, a_request()).shortfalls

    assert shortfall.reasons == {"attributes": 3, "capacity": 1, "review": 1}


def test_what_was_wanted_is_what_makes_it_pass() -> None:
    """Done as the explanation says, the barred becomes eligible."""
    late = a_team("late", lead_time_minutes=10_000)
    barred = first_need(alone(a_pool(late), a_request())).considered[0]
    (said,) = [v for v in barred.verdicts if v.ruling is Ruling.FAILED]

    assert (said.rule, said.wanted) == ("arrival", "by 2026-03-03T08:00:00+00:00")

    early = a_team("late", lead_time_minutes=24 * 60 - 30)
    done = first_need(alone(a_pool(early), a_request())).considered[0]
    assert done.arrives_at == said.wanted.removeprefix("by ")
    assert done.choice is Choice.CHOSEN


def test_an_explanation_is_kept_as_it_is() -> None:
    """What is read back later is what was found, to the last word."""
    pool = a_pool(a_team("near"), a_team("paused", status=CapabilityStatus.PAUSED))
    explanation = alone(pool, a_request(a_need(20))).explanation
    kept = TypeAdapter(Explanation).validate_json(zlib.decompress(packed(explanation)))
    assert kept == explanation
