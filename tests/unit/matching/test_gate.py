"""The gate, rule by rule. Each case is well but for one thing."""

from datetime import timedelta

import pytest

from muster.contracts.vocabulary.attributes import (
    GuardAttributes,
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
from muster.contracts.vocabulary.values import Coverage, Window
from services.matching.engine.gate import RULES, Case, failures
from tests.stores import START
from tests.unit.matching.builders import (
    MINE,
    SIEM_REAP,
    SINGAPORE,
    TOMORROW,
    capability_changed,
    licence,
    organisation,
    provider_changed,
)
from tests.unit.matching.cases import a_case, a_need, a_request

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SHORT_OF_THE_END = Window(START - DAY, TOMORROW.ends_at - HOUR)
UNTIL_THE_END = Window(START - DAY, TOMORROW.ends_at)
ARMED_NEED = a_need(required=GuardRequirement("guards", armed=True))
ARMED_TEAM = capability_changed("alpha", attributes=GuardAttributes("guards", armed=True))
DESK = IntelligenceAttributes("intelligence", frozenset({IntelligenceProduct.MONITORING}), 24)
DESK_NEED = a_need(required=IntelligenceRequirement("intelligence", IntelligenceProduct.MONITORING))


def names(case: Case) -> list[str]:
    """Return the rules a case fails."""
    return [verdict.rule for verdict in failures(case)]


def test_a_case_without_fault_passes_every_rule() -> None:
    """Nothing is wrong with the builders' case."""
    case = a_case()

    assert names(case) == []
    assert all(rule.judge(case).passed for rule in RULES)


@pytest.mark.parametrize("status", sorted(set(MemberStatus) - {MemberStatus.ACTIVE}))
def test_only_active_providers_serve(status: MemberStatus) -> None:
    """Whoever is not in good standing is barred, whatever its state is."""
    case = a_case(provider=provider_changed("alpha", status=status))

    (verdict,) = failures(case)

    assert (verdict.rule, verdict.fact, verdict.wanted) == ("provider_active", status, "active")


def test_a_provider_matching_has_not_heard_of_is_barred() -> None:
    """A capability may become known before its provider; until then nothing speaks for it."""
    assert names(a_case(unknown_provider=True)) == ["provider_active", "licence"]


@pytest.mark.parametrize("status", [CapabilityStatus.PAUSED, CapabilityStatus.RETIRED])
def test_only_published_capabilities_serve(status: CapabilityStatus) -> None:
    """Paused and retired ones are left alone."""
    assert names(a_case(capability_changed("alpha", status=status))) == ["capability_published"]


def test_an_organisation_does_not_serve_itself() -> None:
    """The enterprise's own capability is no provider for it."""
    own = MINE.removeprefix("org_")

    assert names(a_case(capability_changed(own), provider_changed(own))) == ["other_organisation"]


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

    (verdict,) = failures(a_case(request=a_request(need)))

    assert verdict.rule == "attributes"
    assert verdict.wanted == "also k9; also vi"


def test_another_kind_is_barred() -> None:
    """A vehicle is no guard."""
    assert names(a_case(capability_changed("alpha", attributes=VehicleAttributes("vehicles")))) == [
        "attributes"
    ]


def test_a_country_that_is_not_covered_is_barred() -> None:
    """The capability says where it serves."""
    case = a_case(capability_changed("alpha", coverage=Coverage(frozenset({"LA", "VN"}))))

    (verdict,) = failures(case)

    assert (verdict.rule, verdict.fact, verdict.wanted) == ("coverage_country", "LA, VN", "KH")


def test_a_place_beyond_the_radius_is_barred() -> None:
    """Siem Reap is 230 km from Phnom Penh."""
    near = capability_changed("alpha", base=SIEM_REAP, coverage=Coverage(frozenset({"KH"}), 200))
    wide = capability_changed("alpha", base=SIEM_REAP, coverage=Coverage(frozenset({"KH"}), 300))

    assert names(a_case(near)) == ["coverage_radius"]
    assert names(a_case(wide)) == []


def test_a_radius_does_not_bind_work_from_a_desk() -> None:
    """A desk in Singapore serves Phnom Penh: nobody travels."""
    desk = capability_changed(
        "alpha", attributes=DESK, base=SINGAPORE, coverage=Coverage(frozenset({"KH"}), 10)
    )

    assert names(a_case(desk, request=a_request(DESK_NEED))) == []


@pytest.mark.parametrize(
    "papers",
    [
        pytest.param([licence("SG")], id="of another country"),
        pytest.param([licence(status=AuthorisationStatus.RECORDED)], id="not verified"),
        pytest.param([licence(status=AuthorisationStatus.EXPIRED)], id="expired"),
        pytest.param([licence(status=AuthorisationStatus.REVOKED)], id="revoked"),
        pytest.param([licence(valid=SHORT_OF_THE_END)], id="ends before the job"),
        pytest.param(
            [licence(valid=Window(TOMORROW.starts_at + HOUR, TOMORROW.ends_at + DAY))],
            id="begins after the job",
        ),
        pytest.param(
            [licence(activities=frozenset({CapabilityKind.VEHICLES}))], id="for another activity"
        ),
        pytest.param([licence(kind=AuthorisationKind.CERTIFICATE)], id="no licence at all"),
        pytest.param(
            [
                licence(valid=SHORT_OF_THE_END),
                licence(valid=Window(TOMORROW.ends_at - HOUR, TOMORROW.ends_at + DAY)),
            ],
            id="two that do not cover it singly",
        ),
    ],
)
def test_without_a_licence_for_the_whole_job_nobody_serves(papers: list[object]) -> None:
    """Verified, for this country and this kind, to the end of the job: all of it."""
    assert names(a_case(provider=provider_changed("alpha", *papers))) == ["licence"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "paper",
    [
        licence(valid=UNTIL_THE_END),
        licence(kind=AuthorisationKind.PERMIT),
        licence(activities=frozenset({CapabilityKind.GUARDS})),
        licence(armed=True),
    ],
)
def test_a_licence_or_permit_that_just_suffices_suffices(paper: object) -> None:
    """To the very end of the job, for this kind alone, or for more than is asked."""
    assert names(a_case(provider=provider_changed("alpha", paper))) == []  # type: ignore[arg-type]


def test_arms_need_a_licence_that_allows_arms() -> None:
    """A licence for unarmed work does not do for armed work."""
    request = a_request(ARMED_NEED)

    unarmed = a_case(ARMED_TEAM, provider_changed("alpha", licence()), request)
    armed = a_case(ARMED_TEAM, provider_changed("alpha", licence(armed=True)), request)

    assert names(unarmed) == ["licence"]
    assert failures(unarmed)[0].wanted.startswith("a verified licence or permit for armed guards")
    assert names(armed) == []


def test_a_team_that_cannot_be_ready_when_the_window_starts_is_barred() -> None:
    """Now plus lead time has to be at or before the start."""
    day = 24 * 60
    assert names(a_case(capability_changed("alpha", lead_time_minutes=day))) == []
    assert names(a_case(capability_changed("alpha", lead_time_minutes=day + 1))) == ["lead_time"]


def test_in_an_emergency_a_team_may_come_late_but_not_too_late() -> None:
    """Late help is better than none, as long as the window has not ended."""
    request = a_request(window=Window(START + HOUR, START + 6 * HOUR), urgency=Urgency.EMERGENCY)

    late = a_case(capability_changed("alpha", lead_time_minutes=5 * 60), request=request)
    too_late = a_case(capability_changed("alpha", lead_time_minutes=6 * 60 + 1), request=request)

    assert names(late) == []
    assert names(too_late) == ["lead_time"]


def test_when_the_window_has_begun_a_team_may_still_join() -> None:
    """Whoever can be there before the end may serve the rest of it."""
    request = a_request(window=Window(START - HOUR, START + 6 * HOUR))

    assert names(a_case(capability_changed("alpha", lead_time_minutes=180), request=request)) == []
    assert names(a_case(capability_changed("alpha", lead_time_minutes=361), request=request)) == [
        "lead_time"
    ]


def test_availability_must_hold_the_whole_window() -> None:
    """One of the windows, from start to end."""
    whole = capability_changed("alpha", available=(Window(START, TOMORROW.ends_at),))
    part = capability_changed("alpha", available=(Window(START, TOMORROW.ends_at - HOUR),))

    assert names(a_case(whole)) == []
    assert names(a_case(part)) == ["available"]


def test_a_blackout_that_touches_the_window_bars() -> None:
    """A blackout that ends when the window starts does not touch it."""
    touching = Window(START, TOMORROW.starts_at + HOUR)
    before = Window(START, TOMORROW.starts_at)

    assert names(a_case(capability_changed("alpha", blackouts=(touching,)))) == ["no_blackout"]
    assert names(a_case(capability_changed("alpha", blackouts=(before,)))) == []


def test_of_a_window_that_has_begun_only_the_rest_counts() -> None:
    """What was not available an hour ago does not matter now."""
    request = a_request(window=Window(START - HOUR, START + 6 * HOUR))
    team = capability_changed(
        "alpha",
        available=(Window(START, START + DAY),),
        blackouts=(Window(START - DAY, START),),
    )

    assert names(a_case(team, request=request)) == []


def test_every_failed_rule_is_told_in_order() -> None:
    """The first one is what shortfalls count."""
    team = capability_changed("alpha", status=CapabilityStatus.PAUSED, lead_time_minutes=10_000)
    member = provider_changed("alpha", licence("SG"))

    assert names(a_case(team, member)) == ["capability_published", "licence", "lead_time"]
