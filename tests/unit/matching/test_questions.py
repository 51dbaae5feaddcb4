"""What operators are asked: only what they alone can settle, and only if it is needed."""

from dataclasses import replace

import pytest

from muster.contracts.vocabulary.attributes import GuardRequirement, VehicleRequirement
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import BookingStatus, MemberStatus
from services.matching.engine.model import Outcome
from services.matching.engine.policy import Matter
from tests.unit.matching.cases import (
    CHAU_DOC,
    GUARDS,
    SIEM_REAP,
    a_booking,
    a_demand,
    a_member,
    a_need,
    a_pool,
    a_request,
    a_team,
    alone,
    cleared,
    held,
    organisation,
)

LOCAL = a_team("local", capacity=2)
ABROAD = [a_team(f"abroad{number}", capacity=4) for number in range(5)]
FOREIGNERS = [a_member(f"abroad{number}", home="VN") for number in range(5)]


def asked(outcome: Outcome) -> list[str]:
    """Return who an operator is asked about."""
    return [q.matter.provider_id.removeprefix("org_") for q in outcome.questions]


def test_nobody_is_asked_while_clear_candidates_suffice() -> None:
    """Two locals for a need of two: the law on guards from abroad does not matter."""
    outcome = alone(a_pool(LOCAL, *ABROAD, members=FOREIGNERS), a_request(a_need(2)))

    assert asked(outcome) == []
    assert held(outcome) == {"local": 2}


def test_what_the_law_leaves_open_is_asked_when_it_is_needed() -> None:
    """The question names the matter and the rule; what is clear is held meanwhile."""
    pool = a_pool(LOCAL, ABROAD[0], members=FOREIGNERS)

    outcome = alone(pool, a_request(a_need(5)))
    (question,) = outcome.questions

    assert question.matter == Matter(
        organisation("abroad0"), "KH", CapabilityKind.GUARDS, armed=False
    )
    assert [verdict.key for verdict in question.verdicts] == ["kh.foreign@0001"]
    assert held(outcome) == {"local": 2}
    assert not outcome.hopeless
    assert not outcome.shortfalls[0].may_come_back


def test_an_answer_opens_the_way() -> None:
    """Cleared, the team from abroad is held like any other."""
    pool = a_pool(LOCAL, ABROAD[0], members=FOREIGNERS)
    (question,) = alone(pool, a_request(a_need(5))).questions

    decided = a_pool(
        LOCAL,
        ABROAD[0],
        members=FOREIGNERS,
        decisions={question.matter: cleared(*(v.key for v in question.verdicts))},
    )

    assert sum(held(alone(decided, a_request(a_need(5)))).values()) == 5


def test_one_who_wants_all_or_nothing_holds_nothing_while_it_waits_for_an_answer() -> None:
    """But it is asked for."""
    pool = a_pool(LOCAL, ABROAD[0], members=FOREIGNERS)

    outcome = alone(pool, a_request(a_need(5), all_or_nothing=True))

    assert asked(outcome) == ["abroad0"]
    assert (held(outcome), outcome.hopeless) == ({}, False)


def test_a_few_more_are_asked_about_than_would_suffice() -> None:
    """One would do if the answer is yes; it may be no, so three are asked about, the best ones."""
    outcome = alone(a_pool(*ABROAD, members=FOREIGNERS), a_request(a_need(4)))

    assert asked(outcome) == ["abroad0", "abroad1", "abroad2"]


def test_as_many_are_asked_about_as_it_takes() -> None:
    """Four teams of four for sixteen."""
    outcome = alone(a_pool(*ABROAD, members=FOREIGNERS), a_request(a_need(16)))

    assert len(asked(outcome)) == 4


def test_the_nearer_are_asked_about_first() -> None:
    """As they would be asked to serve: the host country, then its neighbours."""
    further = a_team("abroad0", base=CHAU_DOC)
    nearer = a_team("abroad4", base=SIEM_REAP)

    outcome = alone(a_pool(further, nearer, members=FOREIGNERS), a_request())

    assert asked(outcome) == ["abroad4", "abroad0"]


def test_two_teams_of_one_provider_are_one_question() -> None:
    """An operator decides of the provider, not of each of its teams."""
    pool = a_pool(
        a_team("one", of="abroad0", capacity=2),
        a_team("two", of="abroad0", capacity=2),
        members=FOREIGNERS,
    )

    (question,) = alone(pool, a_request(a_need(4))).questions

    assert len(question.verdicts) == 1


def test_whoever_fails_another_rule_is_not_asked_about() -> None:
    """No answer would help a suspended member."""
    suspended = a_member("abroad0", home="VN", status=MemberStatus.SUSPENDED)

    outcome = alone(a_pool(ABROAD[0], members=[suspended]), a_request())

    assert outcome.hopeless
    assert outcome.shortfalls[0].reasons == {"provider_active": 1}


def test_nobody_is_asked_for_what_waiting_may_bring() -> None:
    """Others hold the locals; the hold may lapse, so the request waits, as long as it may."""
    pool = a_pool(LOCAL, ABROAD[0], members=FOREIGNERS, bookings=[a_booking("local", 2)])
    request = a_request(a_need(2))

    waiting = alone(pool, request)
    tired = alone(pool, a_demand(request, may_wait=False))

    assert (asked(waiting), waiting.shortfalls[0].may_come_back) == ([], True)
    assert (asked(tired), tired.hopeless) == (["abroad0"], False)


def test_if_no_answer_would_help_the_request_is_given_up() -> None:
    """Two locals and four from abroad are not seven, whatever an operator says."""
    outcome = alone(a_pool(LOCAL, ABROAD[0], members=FOREIGNERS), a_request(a_need(7)))

    assert (asked(outcome), outcome.hopeless) == ([], True)
    assert outcome.shortfalls[0].reasons == {"capacity": 1, "review": 1}


def test_if_another_need_is_hopeless_nobody_is_asked() -> None:
    """There are no vehicles, so it does not matter whether guards may come from abroad."""
    vehicles = a_need(1, number=2, required=VehicleRequirement("vehicles"))

    outcome = alone(a_pool(ABROAD[0], members=FOREIGNERS), a_request(a_need(), vehicles))

    assert (asked(outcome), outcome.hopeless) == ([], True)


def test_one_that_is_not_splittable_asks_only_about_whoever_covers_it_whole() -> None:
    """Three from here and four from there are no team of five."""
    large = a_team("abroad4", capacity=5)
    pool = a_pool(ABROAD[0], large, members=FOREIGNERS)

    assert asked(alone(pool, a_request(a_need(5, splittable=False)))) == ["abroad4"]


def test_those_who_are_booked_for_good_are_not_asked_about() -> None:
    """A yes would come to nothing: they have no time."""
    pool = a_pool(
        ABROAD[0],
        members=FOREIGNERS,
        bookings=[a_booking("abroad0", 4, status=BookingStatus.CONFIRMED)],
    )

    assert alone(pool, a_request()).hopeless


@pytest.mark.parametrize("picky_first", [True, False])
@pytest.mark.parametrize("may_wait", [True, False])
def test_an_answer_that_helps_one_need_may_free_a_local_for_another(
    picky_first: bool, may_wait: bool
) -> None:
    """Only the local has medics: it serves those who need one, and the other need asks abroad."""
    medics = replace(GUARDS, skills=GUARDS.skills | {"medic"})
    local = a_team("local", capacity=4, attributes=medics)
    picky, plain = (1, 2) if picky_first else (2, 1)
    request = a_request(
        a_need(4, number=picky, required=GuardRequirement("guards", frozenset({"medic"}))),
        a_need(4, number=plain),
    )

    outcome = alone(
        a_pool(local, ABROAD[0], members=FOREIGNERS), a_demand(request, may_wait=may_wait)
    )

    assert (asked(outcome), outcome.hopeless) == (["abroad0"], False)
    assert [hold.need.need_id for hold in outcome.holds] == [f"ned_{picky}"]


def test_an_optional_need_asks_nobody() -> None:
    """It is not worth an operator's time."""
    outcome = alone(
        a_pool(LOCAL, ABROAD[0], members=FOREIGNERS),
        a_request(a_need(2), a_need(3, number=2, optional=True)),
    )

    assert asked(outcome) == []
