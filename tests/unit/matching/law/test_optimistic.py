"""The best that law can say, for the index: never worse than what the judge says."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    GuardAttributes,
    VehicleAttributes,
)
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.contracts.vocabulary.values import Money, Window
from services.matching.domain.member import Member, Paper
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.judge import judge
from services.matching.engine.law.optimistic import Outlook, optimistic
from services.matching.engine.law.rules import RulePack
from services.matching.engine.policy import Decision
from services.matching.engine.verdicts import Ruling
from services.matching.rule_pack import load_rule_pack
from tests.stores import START
from tests.unit.matching.law.builders import (
    A_YEAR,
    RECORD,
    TOMORROW,
    WEEK,
    armed_papers,
    decision,
    guards,
    licence,
    local,
    member,
)

PACK = load_rule_pack()
COUNTRIES = st.sampled_from(["BD", "CN", "HK", "IN", "KH", "LA", "MO", "MY", "SG", "VN", "TH"])
FEW = st.sampled_from(["CN", "HK", "IN", "MY", "SG", "VN"])
RANK = {Ruling.FAILED: 0, Ruling.REVIEW: 1, Ruling.PASSED: 2}
KEYS = sorted(
    {rule.key for rule in PACK.rules} | {f"no_rule.{cc}.foreign@none" for cc in ("hk", "my", "sg")}
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Return a window of some days around the start."""
    first = draw(st.integers(-20, 20))
    return Window(
        START + timedelta(days=first), START + timedelta(days=first + draw(st.integers(1, 30)))
    )


def papers() -> st.SearchStrategy[Paper]:
    """Return any paper, most of them of some use."""
    return st.builds(
        Paper,
        kind=st.sampled_from(AuthorisationKind),
        status=st.sampled_from([AuthorisationStatus.VERIFIED] * 5 + [AuthorisationStatus.REVOKED]),
        valid=windows(),
        jurisdiction=FEW,
        activities=st.just(frozenset(CapabilityKind)),
        armed=st.booleans(),
        environment=st.none(),
        standard=st.sampled_from(["ISO 18788", "ISO 28007", "ISO 9001"]),
        icoca_class=st.sampled_from(IcocaClass),
        limit=st.just(Money(100, "USD")),
        territory=st.sampled_from([frozenset(), frozenset({"HK", "MY", "SG", "CN"})]),
        lines=st.sampled_from([frozenset({line}) for line in InsuranceLine]),
        armed_excluded=st.booleans(),
    )


def teams() -> st.SearchStrategy[CapabilityAttributes]:
    """Return guards or a vehicle."""
    return st.one_of(
        st.builds(
            GuardAttributes,
            kind=st.just("guards"),
            armed=st.booleans(),
            environments=st.frozensets(st.sampled_from(Environment), min_size=1),
            nationalities=st.frozensets(FEW, max_size=2),
            personnel_licences=st.frozensets(
                st.sampled_from(["HK-A", "HK-C", "HK-D", "SG-officer"]), max_size=2
            ),
        ),
        st.builds(
            VehicleAttributes,
            kind=st.just("vehicles"),
            environment=st.sampled_from(Environment),
        ),
    )


def members() -> st.SearchStrategy[Member]:
    """Return a member, often with all that armed work asks for in some country."""
    sets = st.one_of(
        st.lists(papers(), max_size=8).map(tuple),
        st.tuples(FEW, st.lists(papers(), max_size=3)).map(
            lambda drawn: (*armed_papers(drawn[0]), *drawn[1])
        ),
    )
    return st.builds(lambda home, held: member("any", home, held), FEW, sets)


@st.composite
def cases(draw: st.DrawFn) -> LegalCase:
    """Return any case whose environment is one of the team's."""
    team = draw(teams())
    if isinstance(team, GuardAttributes):
        armed = draw(st.booleans())
        environment = draw(st.sampled_from(sorted(team.environments)))
    else:
        assert isinstance(team, VehicleAttributes)
        armed, environment = False, team.environment
    keys = draw(st.frozensets(st.sampled_from(KEYS)))
    return LegalCase(
        provider=draw(members()),
        attributes=team,
        kind=CapabilityKind(team.kind),
        host=draw(COUNTRIES),
        armed=armed,
        environment=environment,
        window=draw(st.none() | windows()),
        margin=timedelta(days=draw(st.integers(0, 5))),
        key_unit=draw(st.booleans()),
        minimum_icoca_class=draw(st.none() | st.sampled_from(IcocaClass)),
        liability_cover=draw(st.none() | st.just(Money(50, "USD"))),
        host_protection=draw(st.none() | st.just(RECORD)),
        decision=draw(st.none() | st.builds(lambda c: decision(*keys, cleared=c), st.booleans())),
    )


def _best(asked: LegalCase) -> Ruling:
    return min((v.ruling for v in judge(PACK, asked)), key=lambda ruling: RANK[ruling])


@settings(max_examples=200, deadline=None)
@given(cases())
def test_no_request_gets_a_better_ruling_than_foretold(asked: LegalCase) -> None:
    """Neither in ruling nor outside the times foretold: the index hides nobody who might serve."""
    outlook = optimistic(
        PACK,
        asked.provider,
        asked.attributes,
        asked.kind,
        asked.host,
        asked.armed,
        asked.decision,
    )
    ruling = _best(asked)

    assert RANK[ruling] <= RANK[outlook.ruling]
    if ruling is not Ruling.FAILED and asked.window is not None:
        assert outlook.since is None or outlook.since <= asked.window.starts_at
        assert outlook.until is None or asked.window.ends_at + asked.margin <= outlook.until


def _outlook(
    pack: RulePack,
    provider: Member,
    host: str,
    *,
    armed: bool = False,
    made: Decision | None = None,
) -> Outlook:
    return optimistic(
        pack, provider, guards(host, armed=armed), CapabilityKind.GUARDS, host, armed, made
    )


def test_the_times_foretold_are_those_of_the_papers(pack: RulePack) -> None:
    """From the first paper that allows the work to the last."""
    later = Window(TOMORROW.ends_at, TOMORROW.ends_at + WEEK)
    provider = local("MO", licence("MO", valid=TOMORROW), licence("MO", valid=later))

    assert _outlook(pack, provider, "MO") == (Ruling.PASSED, TOMORROW.starts_at, later.ends_at)


def test_papers_that_never_hold_together_are_hopeless(pack: RulePack) -> None:
    """A licence that ends before the class of ICoCA begins allows no armed work."""
    held = armed_papers("MY")
    earlier = Window(START - timedelta(days=400), A_YEAR.starts_at)
    provider = local("MY", licence("MY", armed=True, valid=earlier), *held[1:])

    assert _outlook(pack, provider, "MY", armed=True) == (Ruling.FAILED, None, None)


def test_what_only_the_request_can_bring_is_taken_to_be_there(pack: RulePack) -> None:
    """The record that the host cannot protect is the request's, not the provider's."""
    assert _outlook(pack, local("MY", *armed_papers("MY")), "MY", armed=True)[0] is Ruling.PASSED


def test_a_decision_counts(pack: RulePack) -> None:
    """Cleared it passes, refused it fails, and of what is barred nothing changes."""
    keys = [f"no_rule.{cc}.foreign@none" for cc in ("mo", "vn")]
    for host, made, ruling in [
        ("MO", None, Ruling.REVIEW),
        ("MO", decision(*keys), Ruling.PASSED),
        ("MO", decision(*keys, cleared=False), Ruling.FAILED),
        ("VN", decision(*keys), Ruling.FAILED),
    ]:
        provider = member("foreign", "SG", [licence(host)])
        assert _outlook(pack, provider, host, made=made)[0] is ruling
