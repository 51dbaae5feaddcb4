"""The gate, rule by rule. Each case is well but for one thing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from muster.contracts.vocabulary.attributes import (
    GuardRequirement,
    IntelligenceAttributes,
    IntelligenceRequirement,
    VehicleAttributes,
)
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    IntelligenceProduct,
    Urgency,
)
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    CapabilityStatus,
    MemberStatus,
)
from muster.contracts.vocabulary.values import Coverage, Position, Window
from services.matching.domain.member import Member, Paper
from services.matching.engine.gate import Case, judge, ruling_of, standing_verdicts
from services.matching.engine.verdicts import Ruling, Verdict
from tests.stores import START
from tests.unit.matching.cases import (
    CHAU_DOC,
    MINE,
    PHNOM_PENH,
    SIEM_REAP,
    SINGAPORE,
    TOMORROW,
    a_case,
    a_licence,
    a_member,
    a_need,
    a_policy,
    a_request,
    a_team,
    cleared,
    organisation,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SHORT_OF_THE_END = Window(START - DAY, TOMORROW.ends_at - HOUR)
UNTIL_THE_END = Window(START - DAY, TOMORROW.ends_at)
ARMED_NEED = a_need(required=GuardRequirement("guards", armed=True))
DESK = IntelligenceAttributes("intelligence", frozenset({IntelligenceProduct.MONITORING}), 24)
DESK_NEED = a_need(required=IntelligenceRequirement("intelligence", IntelligenceProduct.MONITORING))


def names(case: Case) -> list[str]:
    """Return the rules a case does not pass."""
    return [verdict.rule for verdict in against(case)]


def against(case: Case) -> list[Verdict]:
    """Return the verdicts of the rules a case does not pass."""
    return [verdict for verdict in judge(case) if verdict.ruling is not Ruling.PASSED]


def test_a_case_without_fault_passes_every_rule() -> None:
    """Every rule speaks, in the order of the gate, and says what it saw and what it wanted."""
    verdicts = judge(a_case())

    assert [verdict.rule for verdict in verdicts] == [
        "provider_active",
        "capability_published",
        "other_organisation",
        "not_excluded",
        "no_conflict",
        "not_refused_before",
        "states_determined",
        "attributes",
        "coverage_country",
        "coverage_radius",
        "alliance.licence",
        "kh.licence",
        "arrival",
        "available",
        "no_blackout",
    ]
    assert {verdict.ruling for verdict in verdicts} == {Ruling.PASSED}
    assert all(verdict.fact and verdict.wanted for verdict in verdicts)


@pytest.mark.parametrize("status", sorted(set(MemberStatus) - {MemberStatus.ACTIVE}))
def test_only_active_providers_serve(status: MemberStatus) -> None:
    """Whoever is not in good standing is barred, whatever its state is."""
    case = a_case(provider=a_member("alpha", status=status))

    (verdict,) = against(case)

    assert (verdict.rule, verdict.fact, verdict.wanted) == ("provider_active", status, "active")


def test_a_provider_matching_has_not_heard_of_is_barred() -> None:
    """A capability may become known before its provider; until then nothing speaks for it."""
    assert names(replace(a_case(), provider=None)) == ["provider_active", "states_determined"]


@pytest.mark.parametrize("status", [CapabilityStatus.PAUSED, CapabilityStatus.RETIRED])
def test_only_published_capabilities_serve(status: CapabilityStatus) -> None:
    """Paused and retired ones are left alone."""
    assert names(a_case(a_team("alpha", status=status))) == ["capability_published"]


def test_an_organisation_does_not_serve_itself() -> None:
    """The enterprise's own capability is no provider for it."""
    own = MINE.removeprefix("org_")

    assert names(a_case(a_team(own), a_member(own))) == ["other_organisation"]


def test_an_excluded_provider_is_barred() -> None:
    """The enterprise may say whom it does not want."""
    request = a_request(excluded=[organisation("alpha")])

    assert names(a_case(request=request)) == ["not_excluded"]


def test_who_refused_is_not_asked_again() -> None:
    """One refusal of a need is enough."""
    assert names(a_case(refused=True)) == ["not_refused_before"]


def test_attributes_that_fall_short_are_barred_in_one_verdict() -> None:
    """The verdict names all that is missing."""
    need = a_need(required=GuardRequirement("guards", frozenset({"k9"}), frozenset({"vi"})))

    (verdict,) = against(a_case(request=a_request(need)))

    assert verdict.rule == "attributes"
    assert verdict.wanted == "also k9; also vi"


def test_another_kind_is_barred() -> None:
    """A vehicle is no guard."""
    assert names(a_case(a_team("alpha", attributes=VehicleAttributes("vehicles")))) == [
        "attributes"
    ]


def test_a_country_that_is_not_covered_is_barred() -> None:
    """The capability says where it serves."""
    case = a_case(a_team("alpha", coverage=Coverage(frozenset({"LA", "VN"}))))

    (verdict,) = against(case)

    assert (verdict.rule, verdict.fact, verdict.wanted) == ("coverage_country", "LA, VN", "KH")


def test_a_place_beyond_the_radius_is_barred() -> None:
    """Siem Reap is 230 km from Phnom Penh."""
    near = a_team("alpha", base=SIEM_REAP, coverage=Coverage(frozenset({"KH"}), 200))
    wide = a_team("alpha", base=SIEM_REAP, coverage=Coverage(frozenset({"KH"}), 300))

    assert names(a_case(near)) == ["coverage_radius"]
    assert names(a_case(wide)) == []


def test_a_radius_does_not_bind_work_from_a_desk() -> None:
    """A desk in Singapore serves Phnom Penh: nobody travels."""
    desk = a_team(
        "alpha", attributes=DESK, base=SINGAPORE, coverage=Coverage(frozenset({"KH"}), 10)
    )

    assert names(a_case(desk, request=a_request(DESK_NEED))) == []


@pytest.mark.parametrize(
    "papers",
    [
        pytest.param([a_licence("SG")], id="of another country"),
        pytest.param([a_licence(status=AuthorisationStatus.RECORDED)], id="not verified"),
        pytest.param([a_licence(status=AuthorisationStatus.EXPIRED)], id="expired"),
        pytest.param([a_licence(status=AuthorisationStatus.REVOKED)], id="revoked"),
        pytest.param([a_licence(valid=SHORT_OF_THE_END)], id="ends before the job"),
        pytest.param(
            [a_licence(valid=Window(TOMORROW.starts_at + HOUR, TOMORROW.ends_at + DAY))],
            id="begins after the job",
        ),
        pytest.param(
            [a_licence(activities=frozenset({CapabilityKind.VEHICLES}))], id="for another activity"
        ),
        pytest.param([a_licence(kind=AuthorisationKind.CERTIFICATE)], id="no licence at all"),
        pytest.param(
            [
                a_licence(valid=SHORT_OF_THE_END),
                a_licence(valid=Window(TOMORROW.ends_at - HOUR, TOMORROW.ends_at + DAY)),
            ],
            id="two that do not cover it singly",
        ),
    ],
)
def test_without_a_licence_for_the_whole_job_nobody_serves(papers: list[Paper]) -> None:
    """Verified, for this country and this kind, to the end of the job: all of it."""
    assert names(a_case(provider=a_member("alpha", *papers))) == ["alliance.licence", "kh.licence"]


@pytest.mark.parametrize(
    "paper",
    [
        a_licence(valid=UNTIL_THE_END),
        a_licence(kind=AuthorisationKind.PERMIT),
        a_licence(activities=frozenset({CapabilityKind.GUARDS})),
        a_licence(armed=True),
    ],
)
def test_a_licence_or_permit_that_just_suffices_suffices(paper: Paper) -> None:
    """To the very end of the job, for this kind alone, or for more than is asked."""
    assert names(a_case(provider=a_member("alpha", paper))) == []


def test_papers_must_outlast_the_work_by_the_margin() -> None:
    """A licence that ends with the work is too short where a margin is asked for."""
    member = a_member("alpha", a_licence(valid=UNTIL_THE_END))

    assert names(a_case(provider=member, policy=a_policy(margin=HOUR))) == [
        "alliance.licence",
        "kh.licence",
    ]


def test_arms_that_are_asked_for_are_judged_as_arms() -> None:
    """The team must be armed, the licence for arms, and where no rule speaks of arms, somebody."""
    member = a_member("alpha", a_licence())

    assert names(a_case(provider=member, request=a_request(ARMED_NEED))) == [
        "attributes",
        "alliance.licence",
        "kh.licence",
        "no_rule.kh.armed",
    ]


def test_what_the_law_leaves_open_is_asked_until_it_is_decided() -> None:
    """Guards from Viet Nam need an operator's word, on just this rule as it is worded."""
    abroad = a_member("alpha", home="VN")
    open_case = a_case(provider=abroad)
    (asked,) = against(open_case)
    decided = a_case(provider=abroad, decision=cleared(asked.key))
    of_another_wording = a_case(provider=abroad, decision=cleared("kh.foreign@0000"))
    refused = a_case(provider=abroad, decision=replace(cleared(asked.key), cleared=False))

    assert (asked.rule, ruling_of(judge(open_case))) == ("kh.foreign", Ruling.REVIEW)
    assert ruling_of(judge(decided)) is Ruling.PASSED
    assert ruling_of(judge(of_another_wording)) is Ruling.REVIEW
    assert ruling_of(judge(refused)) is Ruling.FAILED


@pytest.mark.parametrize(
    ("provider", "enterprise"),
    [
        (a_member("alpha", conflicts=["mine"]), a_member("mine")),
        (a_member("alpha"), a_member("mine", conflicts=["alpha"])),
    ],
)
def test_a_conflict_of_interest_bars_whoever_declared_it(
    provider: Member, enterprise: Member
) -> None:
    """One side's word is enough."""
    assert names(a_case(provider=provider, enterprise=enterprise)) == ["no_conflict"]


def test_a_contracting_state_that_is_not_known_bars() -> None:
    """Whose law binds the enterprise must be known, too."""
    (verdict,) = against(replace(a_case(), enterprise=None))

    assert verdict.rule == "states_determined"
    assert verdict.fact == "home KH, host KH, contracting unknown"


def test_of_a_provider_at_work_only_standing_and_law_are_judged() -> None:
    """What it can do and when it arrives was judged before; what may change since is not."""
    case = a_case(
        a_team("alpha", status=CapabilityStatus.PAUSED, lead_time_minutes=10_000),
        a_member("alpha", a_licence("SG"), status=MemberStatus.SUSPENDED),
        refused=True,
    )

    verdicts = standing_verdicts(
        case.request,
        case.need,
        case.capability.attributes,
        case.provider,
        case.enterprise,
        case.window,
        case.policy,
        case.decision,
    )

    assert [(v.rule, v.ruling.value) for v in verdicts] == [
        ("provider_active", "failed"),
        ("no_conflict", "passed"),
        ("states_determined", "passed"),
        ("alliance.licence", "failed"),
        ("kh.licence", "failed"),
    ]


def test_mobilisation_travel_and_border_add_up_to_the_arrival() -> None:
    """From Chau Doc: an hour to be ready, the road, and two hours at the border."""
    near = a_case(a_team("alpha", lead_time_minutes=60))
    abroad = a_case(a_team("alpha", lead_time_minutes=60, base=CHAU_DOC))

    assert near.arrives_at == START + 1.5 * HOUR
    road = abroad.distance_km / 50
    assert abroad.arrival_hours == pytest.approx(1 + 0.5 + road + 2)
    assert abroad.arrives_at.isoformat() in {v.rule: v.fact for v in judge(abroad)}["arrival"]


def test_work_from_a_desk_needs_no_journey() -> None:
    """A desk in Singapore is there as soon as it is ready."""
    desk = a_case(
        a_team("alpha", attributes=DESK, base=SINGAPORE, lead_time_minutes=90),
        request=a_request(DESK_NEED),
    )

    assert desk.arrives_at == START + 1.5 * HOUR


def test_a_team_that_cannot_be_ready_when_the_window_starts_is_barred() -> None:
    """Now plus lead time and half an hour on the road has to be at or before the start."""
    day = 24 * 60 - 30
    assert names(a_case(a_team("alpha", lead_time_minutes=day))) == []
    assert names(a_case(a_team("alpha", lead_time_minutes=day + 1))) == ["arrival"]


def test_in_an_emergency_a_team_may_come_late_but_not_too_late() -> None:
    """Late help is better than none, as long as the window has not ended."""
    request = a_request(window=Window(START + HOUR, START + 6 * HOUR), urgency=Urgency.EMERGENCY)

    late = a_case(a_team("alpha", lead_time_minutes=5 * 60), request=request)
    too_late = a_case(a_team("alpha", lead_time_minutes=5 * 60 + 31), request=request)

    assert names(late) == []
    assert names(too_late) == ["arrival"]


def test_when_the_window_has_begun_a_team_may_still_join() -> None:
    """Whoever can be there before the end may serve the rest of it."""
    request = a_request(window=Window(START - HOUR, START + 6 * HOUR))

    assert names(a_case(a_team("alpha", lead_time_minutes=180), request=request)) == []
    assert names(a_case(a_team("alpha", lead_time_minutes=331), request=request)) == ["arrival"]


def test_availability_must_hold_the_whole_window() -> None:
    """One of the windows, from start to end."""
    whole = a_team("alpha", available=(Window(START, TOMORROW.ends_at),))
    part = a_team("alpha", available=(Window(START, TOMORROW.ends_at - HOUR),))

    assert names(a_case(whole)) == []
    assert names(a_case(part)) == ["available"]


def test_a_blackout_that_touches_the_window_bars() -> None:
    """A blackout that ends when the window starts does not touch it."""
    touching = Window(START, TOMORROW.starts_at + HOUR)
    before = Window(START, TOMORROW.starts_at)

    assert names(a_case(a_team("alpha", blackouts=(touching,)))) == ["no_blackout"]
    assert names(a_case(a_team("alpha", blackouts=(before,)))) == []


def test_of_a_window_that_has_begun_only_the_rest_counts() -> None:
    """What was not available an hour ago does not matter now."""
    request = a_request(window=Window(START - HOUR, START + 6 * HOUR))
    team = a_team(
        "alpha",
        available=(Window(START, START + DAY),),
        blackouts=(Window(START - DAY, START),),
    )

    assert names(a_case(team, request=request)) == []


def test_every_failed_rule_is_told_in_order() -> None:
    """The first one is what shortfalls count."""
    team = a_team("alpha", status=CapabilityStatus.PAUSED, lead_time_minutes=10_000)
    member = a_member("alpha", a_licence("SG"))

    assert names(a_case(team, member)) == [
        "capability_published",
        "alliance.licence",
        "kh.licence",
        "arrival",
    ]


def test_a_place_just_out_of_reach_does_not_read_as_within_it() -> None:
    """A few hundred metres too far are too far, and the words show it."""
    position = Position(PHNOM_PENH.position.latitude + 0.9, PHNOM_PENH.position.longitude)
    base = replace(PHNOM_PENH, position=position)
    reach = int(position.distance_km(PHNOM_PENH.position))
    coverage = Coverage(frozenset({"KH"}), reach)

    found = {v.rule: v for v in judge(a_case(a_team("alpha", base=base, coverage=coverage)))}

    assert found["coverage_radius"].ruling is Ruling.FAILED
    assert found["coverage_radius"].fact == f"{reach + 1} km from base"
    assert found["coverage_radius"].wanted == f"within {reach} km"


def test_words_do_not_depend_on_who_asked_before_from_another_time_zone() -> None:
    """The same hours, said with another offset: they are told in UTC, whoever comes first."""
    indochina = timezone(timedelta(hours=7))
    hours = Window(TOMORROW.starts_at.replace(microsecond=7), TOMORROW.ends_at)
    there = Window(hours.starts_at.astimezone(indochina), hours.ends_at.astimezone(indochina))

    told = [judge(a_case(request=a_request(window=each))) for each in (there, hours)]

    assert [_wanted(told[0], rule) for rule in ("available", "no_blackout", "kh.licence")] == [
        _wanted(told[1], rule) for rule in ("available", "no_blackout", "kh.licence")
    ]
    assert all("+07:00" not in _wanted(each, "available") for each in told)


def _wanted(verdicts: Iterable[Verdict], rule: str) -> str:
    return next(verdict.wanted for verdict in verdicts if verdict.rule == rule)
