"""Any case the law may be asked about: papers of all kinds, in and out of date, and decisions."""

from datetime import timedelta

from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind, Environment, IcocaClass
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Paper
from services.matching.engine.law.case import LegalCase
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

COUNTRIES = st.sampled_from(["BD", "CN", "HK", "IN", "KH", "MO", "MY", "SG", "TH", "VN"])
NATIONS = st.frozensets(st.sampled_from(["HK", "IN", "MY", "NP", "SG"]), max_size=2)
PERMITS = st.frozensets(st.sampled_from(["HK-A", "HK-C", "HK-D", "SG-officer"]), max_size=2)


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
