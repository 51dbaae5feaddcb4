"""Allocation: who gets what, when several want the same."""

from collections import defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import VehicleAttributes, VehicleRequirement
from muster.contracts.vocabulary.identifiers import NeedId
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import BookingStatus
from muster.contracts.vocabulary.values import Window
from services.matching.domain.capacity import peak_use
from tests.stores import START
from tests.unit.matching.cases import (
    SIEM_REAP,
    TOMORROW,
    a_booking,
    a_demand,
    a_need,
    a_pool,
    a_request,
    a_team,
    alone,
    held,
    outcomes,
)

VEHICLES = a_need(2, number=2, required=VehicleRequirement("vehicles"))


def test_the_best_candidate_is_taken_first() -> None:
    """The nearer of two that could each do it alone."""
    pool = a_pool(a_team("far", base=SIEM_REAP), a_team("near"))

    assert held(alone(pool, a_request())) == {"near": 4}


def test_a_need_is_split_when_one_is_not_enough() -> None:
    """The best gives all it has free, the next the rest."""
    pool = a_pool(a_team("far", base=SIEM_REAP), a_team("near", capacity=3))

    assert held(alone(pool, a_request(a_need(5)))) == {"near": 3, "far": 2}


def test_a_need_that_is_not_splittable_goes_to_one_that_covers_it_whole() -> None:
    """A nearer one that has too few is passed over."""
    pool = a_pool(a_team("far", base=SIEM_REAP), a_team("near", capacity=3))

    assert held(alone(pool, a_request(a_need(5, splittable=False)))) == {"far": 5}


def test_a_need_that_is_not_splittable_stays_open_if_nobody_covers_it_whole() -> None:
    """Three and three are not five."""
    pool = a_pool(a_team("alpha", capacity=3), a_team("beta", capacity=3))

    outcome = alone(pool, a_request(a_need(5, splittable=False)))

    assert outcome.hopeless
    assert outcome.shortfalls[0].missing == 5
    assert outcome.shortfalls[0].reasons == {"capacity": 2}


def test_only_what_is_free_in_the_window_is_held() -> None:
    """What others have booked at the time is not there; at other times it is."""
    elsewhere = Window(TOMORROW.ends_at, TOMORROW.ends_at + timedelta(hours=5))
    pool = a_pool(
        a_team("alpha", capacity=6),
        bookings=[a_booking("alpha", 4), a_booking("alpha", 6, window=elsewhere)],
    )

    assert held(alone(pool, a_request(a_need(2)))) == {"alpha": 2}


def test_the_urgent_are_served_before_the_early() -> None:
    """An emergency that came last takes what is left before those that came first."""
    pool = a_pool(a_team("alpha", capacity=4))
    planned = a_request(number=1)
    urgent = a_request(number=2, urgency=Urgency.URGENT)
    emergency = a_request(
        number=3, urgency=Urgency.EMERGENCY, submitted_at=START + timedelta(minutes=1)
    )

    first, second, third = outcomes(pool, planned, urgent, emergency)

    assert (held(first), held(second), held(third)) == ({}, {}, {"alpha": 4})


def test_of_equal_urgency_the_earlier_is_served_first() -> None:
    """Then the time of submission decides."""
    pool = a_pool(a_team("alpha", capacity=4))
    later = a_request(number=1, submitted_at=START + timedelta(seconds=1))
    earlier = a_request(number=2)

    assert [held(o) for o in outcomes(pool, later, earlier)] == [{}, {"alpha": 4}]


def test_required_needs_come_before_optional_ones() -> None:
    """Within a request, what it cannot do without is served first."""
    pool = a_pool(a_team("alpha", capacity=4))
    request = a_request(a_need(4, number=1, optional=True), a_need(4, number=2))

    outcome = alone(pool, request)

    assert [hold.need.need_id for hold in outcome.holds] == ["ned_2"]
    assert not outcome.hopeless
    assert [s.optional for s in outcome.shortfalls] == [True]


def test_a_hopeless_request_takes_nothing_from_those_after_it() -> None:
    """What it could have had is there for the next."""
    pool = a_pool(a_team("alpha", capacity=4))
    hopeless = a_request(a_need(4), VEHICLES, number=1)
    modest = a_request(number=2)

    first, second = outcomes(pool, hopeless, modest)

    assert first.hopeless
    assert (held(first), held(second)) == ({}, {"alpha": 4})


def test_all_or_nothing_gets_nothing_while_a_required_need_waits() -> None:
    """Others hold the vehicles, so the guards are not held either; waiting may help."""
    pool = a_pool(
        a_team("alpha"),
        a_team("cars", attributes=VehicleAttributes("vehicles"), capacity=2),
        bookings=[a_booking("cars", 2)],
    )

    strict, lenient = (
        alone(pool, a_request(a_need(), VEHICLES, all_or_nothing=strictly))
        for strictly in (True, False)
    )

    assert (held(strict), strict.hopeless) == ({}, False)
    assert (held(lenient), lenient.hopeless) == ({"alpha": 4}, False)


def test_all_or_nothing_gets_all_if_all_is_there() -> None:
    """An optional need that stays open does not stand in its way."""
    pool = a_pool(a_team("alpha"))
    request = a_request(
        a_need(),
        a_need(1, number=2, required=VEHICLES.required, optional=True),
        all_or_nothing=True,
    )

    assert held(alone(pool, request)) == {"alpha": 4}


def test_what_others_merely_hold_may_come_back() -> None:
    """A hold may lapse, so the request waits; what is confirmed does not come back."""
    team = a_team("alpha", capacity=4)
    held_by_others = a_pool(team, bookings=[a_booking("alpha", 4)])
    confirmed = a_pool(team, bookings=[a_booking("alpha", 4, status=BookingStatus.CONFIRMED)])

    waiting = alone(held_by_others, a_request())
    hopeless = alone(confirmed, a_request())

    assert (waiting.hopeless, waiting.shortfalls[0].may_come_back) == (False, True)
    assert (hopeless.hopeless, hopeless.shortfalls[0].may_come_back) == (True, False)


def test_what_the_batch_itself_holds_may_come_back_too() -> None:
    """The second of two waits for what the first was offered just now."""
    pool = a_pool(a_team("alpha", capacity=4))

    _, second = outcomes(pool, a_request(number=1), a_request(number=2))

    assert (second.hopeless, second.shortfalls[0].may_come_back) == (False, True)


def test_what_a_request_holds_itself_does_not_come_back() -> None:
    """Its own other need has the last guards: waiting for itself would be vain."""
    pool = a_pool(
        a_team("alpha", capacity=4),
        bookings=[a_booking("alpha", 4, request="req_1", need="ned_9")],
    )

    assert alone(pool, a_request()).hopeless


def test_a_need_of_more_than_there_ever_is_does_not_wait() -> None:
    """Even if everything came back it would not do."""
    pool = a_pool(a_team("alpha", capacity=4), bookings=[a_booking("alpha", 4)])

    assert alone(pool, a_request(a_need(5))).hopeless


def test_a_need_that_is_not_splittable_waits_only_for_one_that_is_large_enough() -> None:
    """Two halves that come back do not make a whole."""
    pool = a_pool(
        a_team("alpha", capacity=3),
        a_team("beta", capacity=3),
        bookings=[a_booking("alpha", 3), a_booking("beta", 3)],
    )

    assert alone(pool, a_request(a_need(5, splittable=False))).hopeless
    assert not alone(pool, a_request(a_need(5))).hopeless


def test_who_may_not_wait_any_more_is_given_up() -> None:
    """After the last try, what may come back does not count."""
    pool = a_pool(a_team("alpha", capacity=4), bookings=[a_booking("alpha", 4)])

    assert alone(pool, a_demand(a_request(), may_wait=False)).hopeless


def test_only_what_is_missing_is_held() -> None:
    """Three of four have accepted: one more is asked."""
    pool = a_pool(a_team("alpha"))
    demand = a_demand(
        a_request(a_need(4), VEHICLES), missing={NeedId("ned_1"): 1, NeedId("ned_2"): 0}
    )

    assert held(alone(pool, demand)) == {"alpha": 1}


def test_an_optional_need_makes_no_request_hopeless() -> None:
    """It simply stays open."""
    request = a_request(a_need(), a_need(99, number=2, optional=True))

    outcome = alone(a_pool(a_team("alpha")), request)

    assert not outcome.hopeless
    assert held(outcome) == {"alpha": 10}


NEEDS = st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.booleans()), min_size=1, max_size=3)
REQUESTS = st.lists(
    st.tuples(NEEDS, st.integers(0, 20), st.sampled_from(Urgency), st.booleans()),
    min_size=1,
    max_size=6,
)


@given(st.lists(st.integers(1, 8), min_size=1, max_size=3), REQUESTS)
def test_no_plan_ever_overbooks_or_overfills(
    capacities: list[int],
    asked: list[tuple[list[tuple[int, bool, bool]], int, Urgency, bool]],
) -> None:
    """Whatever is asked: within capacity at every instant, no need gets more than it asked for,

    one that is not splittable comes from one hand, and all-or-nothing means it.
    """
    pool = a_pool(*(a_team(f"c{n}", capacity=c) for n, c in enumerate(capacities)))
    batch = [
        a_request(
            *(
                a_need(quantity, number=10 * number + n, splittable=splittable, optional=optional)
                for n, (quantity, splittable, optional) in enumerate(needs)
            ),
            number=number,
            window=Window(
                TOMORROW.starts_at + timedelta(hours=begin),
                TOMORROW.ends_at + timedelta(hours=begin),
            ),
            urgency=urgency,
            all_or_nothing=strictly,
        )
        for number, (needs, begin, urgency, strictly) in enumerate(asked)
    ]

    found = outcomes(pool, *batch)

    holds = [hold for outcome in found for hold in outcome.holds]
    for team in pool.capabilities:
        own = [hold for hold in holds if hold.capability_id == team.capability_id]
        assert all(peak_use(own, hold.window) <= team.capacity for hold in own)
    for request, outcome in zip(batch, found, strict=True):
        got: dict[str, list[int]] = defaultdict(list)
        for hold in outcome.holds:
            got[hold.need.need_id].append(hold.quantity)
        for need in request.needs:
            parts = got[need.need_id]
            assert sum(parts) <= need.quantity
            assert need.splittable or parts in ([], [need.quantity])
        covered = all(n.optional or sum(got[n.need_id]) == n.quantity for n in request.needs)
        assert covered or not (outcome.holds and request.terms.all_or_nothing)
        assert not (outcome.hopeless and outcome.holds)
