"""A batch is served together: what first come, first served would leave unfilled is filled."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import GuardRequirement
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import BookingStatus, MemberStatus
from muster.contracts.vocabulary.values import Window
from services.matching.domain.capability import Capability
from services.matching.domain.capacity import Calendar, peak_use
from services.matching.domain.request import Request
from services.matching.engine.candidates import Field, Scout
from services.matching.engine.engine import plan
from services.matching.engine.gate import Case, judge, ruling_of
from services.matching.engine.model import Hold, Outcome, Pool
from services.matching.engine.occupancy import Use
from services.matching.engine.verdicts import Choice, Ruling
from tests.stores import START
from tests.unit.matching.cases import (
    CHAU_DOC,
    GUARDS,
    PHNOM_PENH,
    SIEM_REAP,
    TOMORROW,
    a_booking,
    a_demand,
    a_member,
    a_need,
    a_policy,
    a_pool,
    a_request,
    a_team,
    alone,
    held,
    organisation,
    outcomes,
    timeless,
)

HOUR = timedelta(hours=1)


def is_whole(request: Request, outcome: Outcome) -> bool:
    """Tell whether every required need got all it asked for."""
    got = {need.need_id: 0 for need in request.needs}
    for hold in outcome.holds:
        got[hold.need.need_id] += hold.quantity
    return all(need.optional or got[need.need_id] == need.quantity for need in request.needs)


def test_a_batch_fills_what_one_after_the_other_would_leave_unfilled() -> None:
    """The first may be served by near or far, the second by near alone: both are served."""
    near = a_team("near", capacity=4)
    far = a_team("far", capacity=4, base=SIEM_REAP)
    easy = a_request(number=1)
    choosy = a_request(number=2, excluded=[far.provider_id])

    found = [held(outcome) for outcome in outcomes(a_pool(near, far), easy, choosy)]

    assert found == [{"far": 4}, {"near": 4}]
    assert [held(o) for o in outcomes(a_pool(near, far), easy)] == [{"near": 4}]


def test_two_who_could_each_have_half_do_not_starve_each_other() -> None:
    """One gets all it needs, the other waits; were it half and half, both would wait for ever."""
    pool = a_pool(a_team("alpha", capacity=6))
    first, second = outcomes(pool, a_request(a_need(6), number=1), a_request(a_need(6), number=2))

    assert (held(first), held(second)) == ({"alpha": 6}, {})
    assert not second.hopeless


def test_one_large_request_makes_room_for_two_small_ones_of_the_same_urgency() -> None:
    """As many requests as possible are filled whole."""
    pool = a_pool(a_team("alpha", capacity=6))
    large = a_request(a_need(6), number=1)
    small = [a_request(a_need(3), number=number) for number in (2, 3)]

    assert [held(o) for o in outcomes(pool, large, *small)] == [{}, {"alpha": 3}, {"alpha": 3}]


def test_an_emergency_comes_before_any_number_of_others() -> None:
    """Tiers come first: what the urgent take is not weighed against what the planned could do."""
    pool = a_pool(a_team("alpha", capacity=6))
    large = a_request(a_need(6), number=1, urgency=Urgency.EMERGENCY)
    small = [a_request(a_need(3), number=number) for number in (2, 3)]

    assert [held(o) for o in outcomes(pool, large, *small)] == [{"alpha": 6}, {}, {}]


def test_windows_that_do_not_meet_share_the_same_people() -> None:
    """Four guards serve one request in the morning and another in the afternoon."""
    pool = a_pool(a_team("alpha", capacity=4))
    morning = Window(TOMORROW.starts_at, TOMORROW.starts_at + 6 * HOUR)
    afternoon = Window(morning.ends_at, morning.ends_at + 6 * HOUR)

    found = outcomes(
        pool, a_request(number=1, window=morning), a_request(number=2, window=afternoon)
    )

    assert [held(outcome) for outcome in found] == [{"alpha": 4}, {"alpha": 4}]


def test_what_is_left_goes_in_parts_to_whoever_may_have_parts() -> None:
    """Others hold four of ten: the request takes the six there are, and waits for the rest."""
    pool = a_pool(a_team("alpha", capacity=10), bookings=[a_booking("alpha", 4)])

    outcome = alone(pool, a_request(a_need(8)))

    assert held(outcome) == {"alpha": 6}
    assert [s.missing for s in outcome.shortfalls] == [2]
    assert not outcome.hopeless


def test_two_needs_of_one_request_do_not_count_on_the_same_people() -> None:
    """Each alone could be covered when the holds lapse, but never both: it is given up."""
    request = a_request(a_need(4, number=1), a_need(4, number=2))
    scarce = a_pool(a_team("alpha", capacity=6), bookings=[a_booking("alpha", 3)])
    enough = a_pool(a_team("alpha", capacity=8), bookings=[a_booking("alpha", 3)])

    assert alone(scarce, request).hopeless
    assert not alone(enough, request).hopeless


@pytest.mark.parametrize("picky_first", [True, False])
def test_what_a_waiting_request_holds_leaves_room_for_the_rest(picky_first: bool) -> None:
    """Others hold those who would do for the one need, so the free ones go to the picky other."""
    medics = replace(GUARDS, skills=GUARDS.skills | {"medic"})
    free = a_team("free", capacity=4, attributes=medics)
    taken = a_team("taken", capacity=4)
    picky, plain = (1, 2) if picky_first else (2, 1)
    request = a_request(
        a_need(4, number=picky, required=GuardRequirement("guards", frozenset({"medic"}))),
        a_need(4, number=plain),
    )

    outcome = alone(a_pool(free, taken, bookings=[a_booking("taken", 4)]), request)

    assert not outcome.hopeless
    assert [hold.need.need_id for hold in outcome.holds] == [f"ned_{picky}"]


def test_no_request_is_given_up_because_time_is() -> None:
    """The solver may not have seen that all can be had: until it has, the request waits."""
    medics = replace(GUARDS, skills=GUARDS.skills | {"medic"})
    pool = a_pool(a_team("near", capacity=4, attributes=medics), a_team("far", base=SIEM_REAP))
    request = a_request(
        a_need(4, number=1),
        a_need(4, number=2, required=GuardRequirement("guards", frozenset({"medic"}))),
    )

    assert not alone(pool, request, policy=replace(a_policy(), solver_seconds=0.0)).hopeless
    assert held(alone(pool, request)) == {"near": 4, "far": 4}


def test_contention_widens_the_search() -> None:
    """The locals suffice for either request alone; for both, a neighbour is asked as well."""
    local = a_team("local", capacity=4)
    neighbour = a_team("neighbour", capacity=4, base=CHAU_DOC)
    first, second = outcomes(a_pool(local, neighbour), a_request(number=1), a_request(number=2))

    assert {**held(first), **held(second)} == {"local": 4, "neighbour": 4}


def test_contention_may_widen_the_search_of_another() -> None:
    """Only locals suit the second, so the first makes room by asking a neighbour."""
    local = a_team("local", capacity=4)
    neighbour = a_team("neighbour", capacity=4, base=CHAU_DOC)
    first, second = outcomes(
        a_pool(local, neighbour),
        a_request(number=1),
        a_request(number=2, excluded=[neighbour.provider_id]),
    )

    assert (held(first), held(second)) == ({"neighbour": 4}, {"local": 4})


def test_nearer_members_are_asked_first_even_if_those_further_off_are_better() -> None:
    """A wave is a promise to the host country, not a matter of scores."""
    local = a_team("local", base=SIEM_REAP, lead_time_minutes=600)
    neighbour = a_team("neighbour", base=CHAU_DOC, lead_time_minutes=0)
    outcome = alone(a_pool(local, neighbour), a_request())
    scores = {
        c.provider_id: c.score.value for c in outcome.explanation.needs[0].considered if c.score
    }

    assert held(outcome) == {"local": 4}
    assert scores[neighbour.provider_id] < scores[local.provider_id]


@dataclass(frozen=True)
class World:
    """A pool and a batch, made at random."""

    pool: Pool
    requests: tuple[Request, ...]


@st.composite
def worlds(draw: st.DrawFn, urgencies: Iterable[Urgency] = Urgency) -> World:
    """Draw a few teams, lawful and not, at home and abroad, partly booked, and a few requests."""
    teams = [draw(teams_named(f"t{number}")) for number in range(draw(st.integers(1, 4)))]
    members = [
        a_member(
            team.provider_id.removeprefix("org_"),
            home=draw(st.sampled_from(["KH", "KH", "VN"])),
            status=draw(st.sampled_from([MemberStatus.ACTIVE] * 4 + [MemberStatus.SUSPENDED])),
        )
        for team in teams
    ]
    bookings = [
        a_booking(
            team.capability_id.removeprefix("cap_"),
            draw(st.integers(1, team.capacity)),
            status=draw(st.sampled_from([BookingStatus.HELD, BookingStatus.CONFIRMED])),
            window=draw(windows()),
        )
        for team in teams
        if draw(st.booleans())
    ]
    requests = [
        draw(requests_numbered(number, urgencies)) for number in range(draw(st.integers(1, 5)))
    ]
    return World(a_pool(*teams, members=members, bookings=bookings), tuple(requests))


@st.composite
def teams_named(draw: st.DrawFn, name: str) -> Capability:
    """Draw a team of guards."""
    return a_team(
        name,
        capacity=draw(st.integers(1, 8)),
        base=draw(st.sampled_from([SIEM_REAP, PHNOM_PENH, CHAU_DOC])),
        lead_time_minutes=draw(st.sampled_from([0, 60, 5000])),
    )


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Draw twelve hours of tomorrow or the day after."""
    later = timedelta(hours=draw(st.integers(0, 20)))
    return Window(TOMORROW.starts_at + later, TOMORROW.ends_at + later)


@st.composite
def requests_numbered(draw: st.DrawFn, number: int, urgencies: Iterable[Urgency]) -> Request:
    """Draw a request of one or two needs."""
    needs = [
        a_need(
            draw(st.integers(1, 7)),
            number=10 * number + place,
            splittable=draw(st.booleans()),
            optional=draw(st.sampled_from([False, False, True])),
        )
        for place in range(draw(st.integers(1, 2)))
    ]
    return a_request(
        *needs,
        number=number,
        window=draw(windows()),
        urgency=draw(st.sampled_from(list(urgencies))),
        submitted_at=START - timedelta(minutes=draw(st.integers(0, 3))),
        excluded=[organisation(f"t{n}") for n in draw(st.sets(st.integers(0, 3), max_size=2))],
        all_or_nothing=draw(st.booleans()),
    )


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_listed_changes_nothing(
    world: World, chance: random.Random
) -> None:
    """Shuffle teams, bookings and requests: the same plan comes out, word for word."""
    pool = world.pool
    shuffled = replace(
        pool,
        capabilities=tuple(chance.sample(pool.capabilities, len(pool.capabilities))),
        bookings=tuple(chance.sample(pool.bookings, len(pool.bookings))),
    )
    batch = [a_demand(request) for request in world.requests]

    first = plan(batch, pool, a_policy(), timeless)

    assert plan(chance.sample(batch, len(batch)), shuffled, a_policy(), timeless) == first


@given(worlds())
def test_nobody_is_ever_overbooked_or_asked_unlawfully(world: World) -> None:
    """At no instant more than there is beside the bookings, and every hold passes every rule."""
    pool = world.pool
    holds = [hold for outcome in outcomes(pool, *world.requests) for hold in outcome.holds]

    for team in pool.capabilities:
        booked = [use for use in pool.bookings if use.capability_id == team.capability_id]
        own = [hold for hold in holds if hold.capability_id == team.capability_id]
        assert all(peak_use([*booked, *own], hold.window) <= team.capacity for hold in own)
    by_id = {request.request_id: request for request in world.requests}
    for hold in holds:
        request = by_id[hold.request_id]
        case = Case(
            pool.now,
            request,
            hold.need,
            hold.window,
            hold.capability,
            pool.members[hold.capability.provider_id],
            pool.members[request.enterprise_id],
            a_policy(),
        )
        assert ruling_of(judge(case)) is Ruling.PASSED


@given(worlds())
def test_every_request_ends_whole_waiting_asking_or_hopeless(world: World) -> None:
    """A hopeless one holds nothing and asks nothing; one that wants all holds all or nothing."""
    for request, outcome in zip(world.requests, outcomes(world.pool, *world.requests), strict=True):
        short = [shortfall for shortfall in outcome.shortfalls if not shortfall.optional]
        assert is_whole(request, outcome) == (not short)
        assert not (outcome.hopeless and (outcome.holds or outcome.questions))
        assert not (request.terms.all_or_nothing and short and outcome.holds)
        for question in outcome.questions:
            assert question.verdicts
            assert {verdict.ruling for verdict in question.verdicts} == {Ruling.REVIEW}


@given(worlds([Urgency.PLANNED]))
def test_serving_together_fills_no_fewer_than_one_after_the_other(world: World) -> None:
    """First come, first served never fills more requests whole."""
    together = outcomes(world.pool, *world.requests)

    assert sum(map(is_whole, world.requests, together)) >= one_after_the_other(world)


@given(worlds())
def test_the_planned_take_nothing_from_the_urgent(world: World) -> None:
    """An emergency gets the same whether others are in the batch or not."""
    urgent = [r for r in world.requests if r.urgency is Urgency.EMERGENCY]

    together = [outcome.holds for outcome in outcomes(world.pool, *world.requests)]
    apart = [outcome.holds for outcome in outcomes(world.pool, *urgent)] if urgent else []

    assert [
        holds
        for holds, request in zip(together, world.requests, strict=True)
        if request.urgency is Urgency.EMERGENCY
    ] == apart


@given(worlds())
def test_why_somebody_was_not_chosen_is_true(world: World) -> None:
    """Each reason is looked up in the plan: who took the capacity, and whether it was needed."""
    found = outcomes(world.pool, *world.requests)
    urgency = {
        request.request_id: list(Urgency).index(request.urgency) for request in world.requests
    }
    for request, outcome in zip(world.requests, found, strict=True):
        for told in outcome.explanation.needs:
            for candidate in told.considered:
                takers = {
                    (hold.request_id, hold.need.need_id)
                    for each in found
                    for hold in each.holds
                    if hold.capability_id == candidate.capability_id
                } - {(request.request_id, told.need_id)}
                if candidate.choice is Choice.MORE_URGENT:
                    own = urgency[request.request_id]
                    assert any(urgency[taker] < own for taker, _ in takers)
                elif candidate.choice is Choice.BETTER_USED:
                    assert takers
                elif candidate.choice in (Choice.NOT_NEEDED, Choice.LATER_WAVE):
                    assert not told.missing
                assert candidate.behind_by is None or candidate.behind_by >= 0


def one_after_the_other(world: World) -> int:
    """Return how many requests are whole if each in turn takes the best that is left."""
    scout = Scout(world.pool, a_policy())
    uses: list[Use] = list(world.pool.bookings)
    filled = 0
    for request in sorted(world.requests, key=lambda each: (each.submitted_at, each.request_id)):
        taken: list[Hold] = []
        whole = True
        for field in scout.search(a_demand(request)).required:
            holds = the_best_of(field, [*uses, *taken])
            whole = whole and sum(hold.quantity for hold in holds) == field.wanted
            taken += holds
        uses += taken if whole else []
        filled += whole
    return filled


def the_best_of(field: Field, uses: list[Use]) -> list[Hold]:
    """Return what a need gets that takes the best first."""
    calendar = Calendar(uses)
    holds: list[Hold] = []
    missing = field.wanted
    for candidate in field.clear:
        team = candidate.capability
        quantity = min(calendar.free(team.capability_id, team.capacity, field.window), missing)
        if quantity and (field.need.splittable or quantity == missing):
            holds.append(Hold(field.request.request_id, field.need, team, quantity, field.window))
            missing -= quantity
    return holds
