"""What the index keeps of the law beforehand is what the judge says afterwards."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind, Environment, IcocaClass
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Member, Paper
from services.matching.engine.index.instants import span
from services.matching.engine.index.outlook import CLEAR, REVIEW, Lawyer, Way, legal_case
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.judge import judge
from services.matching.engine.law.rules import RulePack
from services.matching.engine.verdicts import Ruling
from services.matching.rule_pack import load_rule_pack
from tests.stores import START
from tests.unit.matching.law.builders import (
    A_YEAR,
    RECORD,
    certificate,
    decision,
    guards,
    icoca,
    joint_venture,
    licence,
    member,
    permit_to_serve_abroad,
    policy,
)

FAILED = "failed"
COUNTRIES = st.sampled_from(["BD", "CN", "HK", "IN", "KH", "MO", "MY", "SG", "TH", "VN"])
NATIONS = st.frozensets(st.sampled_from(["HK", "IN", "MY", "NP", "SG"]), max_size=2)
PERMITS = st.frozensets(st.sampled_from(["HK-A", "HK-C", "HK-D", "SG-officer"]), max_size=2)
SILENCES = [f"no_rule.{cc}.foreign@none" for cc in ("hk", "mo", "my", "sg")]


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Return a window of some days around the start."""
    first = draw(st.integers(-10, 10))
    return Window(
        START + timedelta(days=first), START + timedelta(days=first + draw(st.integers(1, 10)))
    )


@st.composite
def papers(draw: st.DrawFn, host: Country, home: Country) -> tuple[Paper, ...]:
    """Return much of what work there may ask for, some of it twice, some of it out of date."""
    useful = [
        st.builds(licence, st.just(host), armed=st.booleans(), **_state()),
        st.builds(icoca, st.sampled_from(IcocaClass), **_state()),
        st.builds(certificate, st.sampled_from(["ISO 18788", "ISO 28007", "ISO 9001"]), **_state()),
        st.builds(policy, armed_excluded=st.booleans(), **_state()),
        st.builds(joint_venture, st.just(host), **_state()),
        st.builds(
            permit_to_serve_abroad,
            st.just(home),
            armed=st.booleans(),
            territory=st.frozensets(COUNTRIES, max_size=2),
            **_state(),
        ),
    ]
    whole = [
        licence(host, armed=True),
        icoca(),
        certificate(draw(st.sampled_from(["ISO 18788", "ISO 28007"]))),
        policy(),
        permit_to_serve_abroad(home, armed=True),
        joint_venture(host),
    ]
    missing = draw(st.sets(st.integers(0, len(whole) - 1), max_size=2))
    kept = [paper for place, paper in enumerate(whole) if place not in missing]
    return (*kept, *draw(st.lists(st.one_of(useful), max_size=5)))


def _state() -> dict[str, st.SearchStrategy[object]]:
    checked = [AuthorisationStatus.VERIFIED] * 5 + [AuthorisationStatus.REVOKED]
    return {"valid": st.just(A_YEAR) | windows(), "status": st.sampled_from(checked)}


@st.composite
def teams(draw: st.DrawFn, host: Country) -> GuardAttributes:
    """Return people for the country, or such as may not serve there."""
    places = draw(st.frozensets(st.sampled_from(Environment), min_size=1))
    if draw(st.booleans()):
        return guards(host, armed=True, environments=places)
    nations, permits = draw(NATIONS), draw(PERMITS)
    return guards(
        host, armed=True, environments=places, nationalities=nations, personnel_licences=permits
    )


@st.composite
def cases(draw: st.DrawFn, keys: list[str]) -> LegalCase:
    """Return any case whose environment is one of the team's."""
    host = draw(COUNTRIES)
    home = draw(st.just(host) | COUNTRIES)
    team = draw(teams(host))
    named = draw(st.frozensets(st.sampled_from(keys)) | st.just(frozenset(keys)))
    return LegalCase(
        provider=member("any", home, draw(papers(host, home))),
        attributes=team,
        kind=CapabilityKind.GUARDS,
        host=host,
        armed=draw(st.booleans()),
        environment=draw(st.sampled_from(sorted(team.environments))),
        window=draw(windows()),
        margin=timedelta(days=draw(st.integers(0, 3))),
        key_unit=draw(st.booleans()),
        host_protection=RECORD,
        decision=draw(st.none() | st.builds(lambda c: decision(*named, cleared=c), st.booleans())),
    )


def _foretold(pack: RulePack, asked: LegalCase) -> str:
    """Return what the index would say of this case: clear, review or failed."""
    assert asked.window is not None
    way = Way(asked.armed, asked.environment, asked.key_unit)
    provider: Member = asked.provider
    outlook = Lawyer(pack, asked.margin).outlook(
        legal_case(provider, asked.attributes, asked.kind, asked.host, way, asked.decision)
    )
    since, until = span(asked.window)
    in_time = any(first <= since and until <= last for first, last in outlook.spans)
    return outlook.says if outlook.says in (CLEAR, REVIEW) and in_time else FAILED


def _judged(pack: RulePack, asked: LegalCase) -> str:
    rulings = {verdict.ruling for verdict in judge(pack, asked)}
    if Ruling.FAILED in rulings:
        return FAILED
    return REVIEW if Ruling.REVIEW in rulings else CLEAR


def test_the_index_foretells_what_the_judge_will_say() -> None:
    """Of any provider, in any country, at any time: else it hides somebody, or raises hopes."""
    pack = load_rule_pack()
    seen: Counter[str] = Counter()

    @settings(max_examples=150)  # fewer need not meet every ruling
    @given(cases([*(rule.key for rule in pack.rules), *SILENCES]))
    def agree(asked: LegalCase) -> None:
        judged = _judged(pack, asked)
        seen[judged] += 1
        assert _foretold(pack, asked) == judged

    agree()

    assert set(seen) == {CLEAR, REVIEW, FAILED}  # or the cases tried would prove little


@pytest.mark.parametrize("late", [False, True])
def test_dates_of_papers_are_foretold_to_the_second(pack: RulePack, late: bool) -> None:
    """A licence that ends with the work and the margin will do; one second less will not."""
    work, margin = Window(START, START + timedelta(days=1)), timedelta(days=7)
    end = work.ends_at + margin - timedelta(seconds=1 if late else 0)
    provider = member("any", "MO", [licence("MO", valid=Window(START, end))])
    asked = LegalCase(
        provider=provider,
        attributes=guards("MO"),
        kind=CapabilityKind.GUARDS,
        host="MO",
        environment=Environment.LAND,
        window=work,
        margin=margin,
    )

    assert _foretold(pack, asked) == _judged(pack, asked) == (FAILED if late else CLEAR)
