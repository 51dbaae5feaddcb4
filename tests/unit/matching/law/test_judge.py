"""What single rules look at, rule by rule, and the order of verdicts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    CrisisAttributes,
    InsuranceAttributes,
    IntelligenceAttributes,
    MedicalAttributes,
    VehicleAttributes,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CrisisService,
    Environment,
    IcocaClass,
    InsuranceLine,
    IntelligenceProduct,
    MedicalLevel,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.contracts.vocabulary.values import Money, Window
from services.matching.domain.member import Paper
from services.matching.engine.law.judge import judge
from services.matching.engine.law.rules import RulePack
from services.matching.engine.verdicts import Ruling
from tests.unit.matching.law.builders import (
    TOMORROW,
    WEEK,
    armed_case,
    armed_papers,
    by_rule,
    case,
    certificate,
    guards,
    icoca,
    joint_venture,
    licence,
    local,
    member,
    permit_to_serve_abroad,
    policy,
    without,
)

PASSED, REVIEW, FAILED = Ruling.PASSED, Ruling.REVIEW, Ruling.FAILED
DESKS_AND_OTHERS: list[CapabilityAttributes] = [
    VehicleAttributes("vehicles"),
    InsuranceAttributes(
        "insurance", frozenset({InsuranceLine.LIABILITY}), Money(1, "USD"), frozenset({"KH"})
    ),
    IntelligenceAttributes(
        "intelligence", frozenset({IntelligenceProduct.MONITORING}), turnaround_hours=1
    ),
    CrisisAttributes("crisis_management", frozenset({CrisisService.HOTLINE})),
    MedicalAttributes("medical_rescue", MedicalLevel.DOCTOR),
]


def test_the_alliances_rules_come_first_then_the_national_ones_each_by_id(pack: RulePack) -> None:
    """The order is fixed: alliance, nation, silence of the law, terms of the request."""
    asked = armed_case(
        member("foreign", "IN", armed_papers("HK")),
        "HK",
        minimum_icoca_class=IcocaClass.MEMBER,
        liability_cover=Money(1, "USD"),
    )

    assert [verdict.rule for verdict in judge(pack, asked)] == [
        "alliance.armed.cover",
        "alliance.armed.host_protection",
        "alliance.armed.standing",
        "alliance.licence",
        "hk.armed",
        "hk.licence",
        "hk.personnel",
        "hk.personnel_armed",
        "in.serving_abroad",
        "no_rule.hk.foreign",
        "request.standing",
        "request.cover",
    ]


@pytest.mark.parametrize("attributes", DESKS_AND_OTHERS, ids=lambda a: str(a.kind))
def test_other_kinds_need_the_hosts_licence_alone_within_the_alliance(
    pack: RulePack, attributes: CapabilityAttributes
) -> None:
    """For other work than guarding the alliance's demand of a licence suffices."""
    verdicts = judge(pack, case(local("KH"), "KH", attributes))

    assert [(v.rule, v.ruling) for v in verdicts] == [("alliance.licence", PASSED)]


@pytest.mark.parametrize("attributes", [guards("TH"), *DESKS_AND_OTHERS], ids=lambda a: str(a.kind))
def test_outside_the_alliance_a_person_decides(
    pack: RulePack, attributes: CapabilityAttributes
) -> None:
    """Where no national rule is known, silence is no consent."""
    verdicts = by_rule(judge(pack, case(local("TH"), "TH", attributes)))

    assert verdicts["alliance.licence"].ruling is PASSED
    assert verdicts["no_rule.th.licence"].ruling is REVIEW


def test_a_licence_must_outlast_the_work_by_the_margin(pack: RulePack) -> None:
    """Valid through the end of the work is not enough: the margin comes after it."""
    end = TOMORROW.ends_at + WEEK
    long_enough = Window(TOMORROW.starts_at, end)
    too_short = Window(TOMORROW.starts_at, end - timedelta(seconds=1))

    for valid, ruling in ((long_enough, PASSED), (too_short, FAILED)):
        verdicts = by_rule(judge(pack, case(local("MO", licence("MO", valid=valid)), "MO")))
        assert verdicts["alliance.licence"].ruling is ruling


@pytest.mark.parametrize(
    "status", [s for s in AuthorisationStatus if s is not AuthorisationStatus.VERIFIED]
)
def test_only_a_verified_licence_counts_with_or_without_dates(
    pack: RulePack, status: AuthorisationStatus
) -> None:
    """Without a window, dates do not matter; that somebody verified the paper does."""
    provider = local("MO", licence("MO", status=status))

    for window in (TOMORROW, None):
        verdicts = by_rule(judge(pack, case(provider, "MO", window=window)))
        assert verdicts["alliance.licence"].ruling is FAILED


def test_without_a_window_a_paper_that_ran_out_counts(pack: RulePack) -> None:
    """Dates are skipped, for a draft that has none yet."""
    old = licence("MO", valid=Window(TOMORROW.starts_at - WEEK, TOMORROW.starts_at))

    verdicts = judge(pack, case(local("MO", old), "MO", window=None))

    assert {verdict.ruling for verdict in verdicts} == {PASSED}


def test_a_foreign_firm_is_barred_from_a_designated_key_unit_of_china(pack: RulePack) -> None:
    """Decree 564: elsewhere it may serve with the permit, there not at all."""
    foreign = member("foreign", "SG", [licence("CN")])

    def ruling(provider_is_foreign: bool) -> set[tuple[str, Ruling]]:
        provider = foreign if provider_is_foreign else local("CN")
        verdicts = judge(pack, case(provider, "CN", key_unit=True))
        return {(v.rule, v.ruling) for v in verdicts if v.ruling is not PASSED}

    assert ruling(True) == {("cn.foreign_key_units", FAILED)}
    assert ruling(False) == set()


@pytest.mark.parametrize(
    ("permit", "ruling"),
    [
        (permit_to_serve_abroad("IN"), PASSED),
        (permit_to_serve_abroad("IN", territory=frozenset({"MO"})), PASSED),
        (permit_to_serve_abroad("IN", territory=frozenset({"HK"})), FAILED),
        (licence("IN"), FAILED),
        (permit_to_serve_abroad("MO"), FAILED),
    ],
    ids=["any country", "this country", "another country", "a licence", "of another state"],
)
def test_an_indian_agency_needs_its_home_states_permit_to_serve_abroad(
    pack: RulePack, permit: Paper, ruling: Ruling
) -> None:
    """A licence for work at home does not speak of work abroad."""
    provider = member("indian", "IN", [licence("MO"), permit])

    assert by_rule(judge(pack, case(provider, "MO")))["in.serving_abroad"].ruling is ruling


def test_a_permit_to_serve_abroad_is_no_licence_for_work_at_home(pack: RulePack) -> None:
    """It names the countries where it counts; only where India is among them is it one."""

    def ruling(*territory: Country) -> Ruling:
        permit = permit_to_serve_abroad("IN", territory=frozenset(territory))
        verdicts = by_rule(judge(pack, case(local("IN", permit), "IN")))
        assert "permit of IN" in verdicts["in.licence"].fact
        assert verdicts["in.licence"].ruling is verdicts["alliance.licence"].ruling
        return verdicts["in.licence"].ruling

    assert ruling("MO", "SG") is FAILED
    assert ruling("IN", "MO") is PASSED


def test_nobody_else_needs_a_permit_of_the_home_state(pack: RulePack) -> None:
    """The rule is India's own, and speaks of work abroad."""
    for home, host in (("IN", "IN"), ("SG", "MO")):
        verdicts = judge(pack, case(member("m", home, [licence(host)]), host))
        assert "in.serving_abroad" not in by_rule(verdicts)


@pytest.mark.parametrize(
    ("host", "nationalities", "licences", "ruling"),
    [
        ("MY", {"MY"}, (), PASSED),
        ("MY", {"MY", "NP"}, (), PASSED),
        ("MY", {"MY", "BD"}, (), FAILED),
        ("MY", {"IN"}, {"SG-officer"}, FAILED),
        ("MY", (), (), REVIEW),
        ("SG", {"MY"}, (), PASSED),
        ("SG", {"IN"}, {"SG-officer"}, PASSED),  # a permanent resident
        ("SG", {"IN"}, {"HK-A"}, FAILED),
        ("SG", {"IN"}, (), REVIEW),  # a permanent resident? nobody has said
        ("SG", (), (), REVIEW),
        ("HK", (), {"HK-A"}, PASSED),
        ("HK", (), {"HK-D"}, FAILED),  # for devices only
        ("HK", {"HK"}, (), REVIEW),
        ("KH", {"KH"}, (), REVIEW),  # of medium confidence, whatever the fact
        ("KH", {"TH"}, (), REVIEW),
    ],
)
def test_rules_on_people_look_at_who_would_come(
    pack: RulePack, host: str, nationalities: set[str], licences: set[str], ruling: Ruling
) -> None:
    """What is stated decides where the rule is sure; what is not stated a person asks."""
    team = guards(
        host,
        nationalities=frozenset(nationalities),
        personnel_licences=frozenset(licences),
    )

    verdicts = by_rule(judge(pack, case(local(host), host, team)))

    assert verdicts[f"{host.lower()}.personnel"].ruling is ruling


@pytest.mark.parametrize(
    ("papers", "environment", "failing"),
    [
        ((icoca(), certificate("ISO 18788"), policy()), Environment.LAND, set()),
        ((icoca(), certificate("PSC.1"), policy()), Environment.LAND, set()),
        (
            (icoca(IcocaClass.CERTIFIED_MEMBER), certificate("ISO 28007"), policy()),
            Environment.SEA,
            set(),
        ),
        ((icoca(IcocaClass.AFFILIATE), certificate(), policy()), None, {"alliance.armed.standing"}),
        ((certificate(), policy()), Environment.LAND, {"alliance.armed.standing"}),
        ((icoca(), certificate("ISO 9001"), policy()), None, {"alliance.armed.standing"}),
        (
            (icoca(), certificate("ISO 28007"), policy()),
            Environment.LAND,
            {"alliance.armed.standing"},
        ),
        (
            (icoca(), certificate("ISO 18788"), policy()),
            Environment.SEA,
            {"alliance.armed.standing", "alliance.sea.certificate"},
        ),
        ((icoca(), certificate()), Environment.LAND, {"alliance.armed.cover"}),
        (
            (icoca(), certificate(), policy(armed_excluded=True)),
            Environment.LAND,
            {"alliance.armed.cover"},
        ),
        (
            (icoca(), certificate(), policy(territory=frozenset({"SG"}))),
            Environment.LAND,
            {"alliance.armed.cover"},
        ),
        (
            (icoca(), certificate(), policy(lines=frozenset({InsuranceLine.WAR_RISK}))),
            Environment.LAND,
            {"alliance.armed.cover"},
        ),
    ],
)
def test_armed_work_asks_for_standing_certificate_and_cover(
    pack: RulePack,
    papers: tuple[Paper, ...],
    environment: Environment | None,
    failing: set[str],
) -> None:
    """ICoCA's class, a certificate that fits the environment, and a policy that covers arms."""
    provider = local("MY", licence("MY", armed=True), *papers)
    asked = armed_case(provider, "MY", environment=environment or Environment.LAND)

    assert {v.rule for v in judge(pack, asked) if v.ruling is FAILED} == failing


def test_armed_work_asks_for_the_record_that_the_host_cannot_protect(pack: RulePack) -> None:
    """Armed private security is the last resort."""
    asked = armed_case(local("MY", *armed_papers("MY")), "MY", host_protection=None)

    failing = [v for v in judge(pack, asked) if v.ruling is FAILED]

    assert [v.rule for v in failing] == ["alliance.armed.host_protection"]
    assert "host_state_protection" in failing[0].wanted


def test_unarmed_guards_at_sea_need_the_certificate_for_it(pack: RulePack) -> None:
    """ISO 28007 is asked of everyone who guards at sea."""
    bare = case(local("SG"), "SG", environment=Environment.SEA)
    certified = replace(bare, provider=local("SG", licence("SG"), certificate("ISO 28007")))

    assert by_rule(judge(pack, bare))["alliance.sea.certificate"].ruling is FAILED
    assert by_rule(judge(pack, certified))["alliance.sea.certificate"].ruling is PASSED


@pytest.mark.parametrize(
    ("has", "ruling"),
    [
        (None, FAILED),
        (IcocaClass.AFFILIATE, FAILED),
        (IcocaClass.MEMBER, PASSED),
        (IcocaClass.CERTIFIED_MEMBER, PASSED),
    ],
)
def test_a_request_may_ask_for_a_class_of_icoca(
    pack: RulePack, has: IcocaClass | None, ruling: Ruling
) -> None:
    """A better class serves, a lower one does not."""
    provider = local("MO", licence("MO"), *([icoca(has)] if has else []))

    verdicts = judge(pack, case(provider, "MO", minimum_icoca_class=IcocaClass.MEMBER))

    assert by_rule(verdicts)["request.standing"].ruling is ruling


def test_a_class_of_icoca_is_not_asked_of_an_insurer(pack: RulePack) -> None:
    """It cannot be a member, so the term does not concern it; nor does it a doctor or a desk."""
    for attributes in DESKS_AND_OTHERS[1:]:
        asked = case(local("KH"), "KH", attributes, minimum_icoca_class=IcocaClass.MEMBER)
        assert "request.standing" not in by_rule(judge(pack, asked))


@pytest.mark.parametrize(
    ("paper", "ruling"),
    [
        (policy(dollars=5_000_000), PASSED),
        (policy(dollars=4_999_999), FAILED),
        (policy(limit=Money(900_000_000, "SGD")), FAILED),
        (policy(dollars=5_000_000, territory=frozenset({"SG"})), FAILED),
        (policy(dollars=5_000_000, armed_excluded=True), PASSED),
        (policy(dollars=5_000_000, status=AuthorisationStatus.RECORDED), FAILED),
    ],
    ids=["enough", "too little", "another currency", "elsewhere", "unarmed work", "unverified"],
)
def test_a_request_may_ask_for_cover_of_liability(
    pack: RulePack, paper: Paper, ruling: Ruling
) -> None:
    """Limit in the same currency, host in the territory, valid; arms matter to armed work only."""
    provider = local("MO", licence("MO"), paper)
    asked = case(provider, "MO", liability_cover=Money(500_000_000, "USD"))

    assert by_rule(judge(pack, asked))["request.cover"].ruling is ruling


def test_a_verdict_shows_the_fact_the_source_and_what_would_change_it(pack: RulePack) -> None:
    """Whoever reads it can look up the rule, and knows what to bring."""
    verdict = by_rule(judge(pack, case(member("foreign", "SG", [licence("VN")]), "VN")))[
        "vn.foreign"
    ]

    assert verdict.fact == "home state SG; joint venture in VN: none on record"
    for part in ("joint venture in VN", "USD 1m", "Decree 96/2016", "confidence high"):
        assert part in verdict.wanted
    assert verdict.key.startswith("vn.foreign@")


def test_a_joint_venture_elsewhere_does_not_help(pack: RulePack) -> None:
    """It is the host's registration that counts, and only while it is valid."""
    provider = member("foreign", "SG", [licence("VN"), joint_venture("KH")])

    assert by_rule(judge(pack, case(provider, "VN")))["vn.foreign"].ruling is FAILED
    assert without(provider, AuthorisationKind.JOINT_VENTURE).papers == (licence("VN"),)
