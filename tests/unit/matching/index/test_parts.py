"""The parts of the index, where chance does not reach."""

from dataclasses import replace
from datetime import timedelta

import pytest

from muster.contracts.vocabulary.attributes import GuardAttributes, GuardRequirement
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    PriceUnit,
)
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    CapabilityStatus,
    MemberStatus,
)
from muster.contracts.vocabulary.values import Coverage, Money, Place, Position, Price, Window
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member, Paper
from services.matching.domain.terms import Terms
from services.matching.engine.index import Found, Index, Search
from services.matching.engine.index.words import MOST_WORDS
from services.matching.engine.policy import Standing
from services.matching.engine.verdicts import Wave
from tests.stores import START
from tests.unit.matching.index.test_agreement import policy

PLACE = Place("KR", Position(37.57, 126.98))
WINDOW = Window(START + timedelta(days=10), START + timedelta(days=12))
ENTERPRISE = Member(OrganisationId("org_asking"), 1, "", "SG", MemberStatus.ACTIVE)


def licence(first_day: int, last_day: int) -> Paper:
    """Return a licence for guards in Korea, from day to day after the start."""
    return Paper(
        kind=AuthorisationKind.LICENCE,
        status=AuthorisationStatus.VERIFIED,
        valid=Window(START + timedelta(days=first_day), START + timedelta(days=last_day)),
        jurisdiction="KR",
        activities=frozenset({CapabilityKind.GUARDS}),
    )


def member(name: str = "a", *papers: Paper) -> Member:
    """Return a Korean member, licensed for a year unless told otherwise."""
    licences = papers or (licence(-30, 335),)
    return Member(OrganisationId(f"org_{name}"), 1, "", "KR", MemberStatus.ACTIVE, licences)


def guards(name: str, owner: str = "a", *skills: str) -> Capability:
    """Return guards in Seoul."""
    return Capability(
        capability_id=CapabilityId(f"cap_{name}"),
        version=1,
        provider_id=OrganisationId(f"org_{owner}"),
        name="",
        status=CapabilityStatus.PUBLISHED,
        attributes=GuardAttributes("guards", frozenset(skills)),
        capacity=5,
        base=PLACE,
        coverage=Coverage(frozenset({"KR"})),
        lead_time_minutes=60,
        available=(),
        blackouts=(),
        price=Price(Money(10_000, "USD"), PriceUnit.DAY),
    )


def asking(*skills: str, window: Window = WINDOW) -> Search:
    """Return a search for guards in Seoul with these skills."""
    return Search(
        required=GuardRequirement("guards", frozenset(skills)),
        preferred=None,
        quantity=1,
        place=PLACE,
        window=window,
        wanted_by=window.starts_at,
        now=START,
        enterprise_id=ENTERPRISE.organisation_id,
        enterprise=ENTERPRISE,
        terms=Terms(),
    )


def ids(found: Found) -> list[str]:
    """Return who is clear, the best first."""
    return [hit.capability_id for hit in found.clear]


def test_an_empty_index_finds_nobody() -> None:
    """No partition, no answer, no error."""
    assert Index(policy()).search(asking(), 5) == Found((), (), 0, 0, {}, 0)


def test_equals_come_in_the_order_of_their_ids() -> None:
    """Ties at the edge of the limit are broken by id, whoever was put first."""
    index = Index(policy())
    for number in (7, 3, 9, 1, 5, 8, 2, 6, 4):
        index.put(guards(str(number)), member())
    found = index.search(asking(), 4)
    assert ids(found) == ["cap_1", "cap_2", "cap_3", "cap_4"]
    assert found.clear_in_all == 9


def test_whoever_has_nothing_free_is_passed_over() -> None:
    """The walk goes on until enough are found, however many are taken."""
    index = Index(policy())
    for number in range(60):
        index.put(guards(f"{number:02}"), member())
    found = index.search(asking(), 3, lambda capability_id: int(capability_id >= "cap_50"))
    assert ids(found) == ["cap_50", "cap_51", "cap_52"]


def test_a_skill_beyond_all_bits_is_found_by_name() -> None:
    """However many words there are, none is mistaken for another."""
    index = Index(policy())
    for number in range(MOST_WORDS // 8 + 1):
        skills = [f"skill_{number}_{each}" for each in range(8)]
        index.put(guards(f"{number:03}", "a", *skills), member())
    index.put(guards("z", "a", "late_skill"), member())
    assert ids(index.search(asking("late_skill"), 5)) == ["cap_z"]
    index.remove(CapabilityId("cap_z"))
    assert ids(index.search(asking("late_skill"), 5)) == []
    assert ids(index.search(asking("skill_7_3"), 5)) == ["cap_007"]


@pytest.mark.parametrize(
    ("first_day", "last_day", "lawful"),
    [(2, 4, True), (22, 24, True), (8, 12, False), (12, 18, False), (38, 45, False)],
)
def test_work_must_lie_within_one_of_two_licences(
    first_day: int, last_day: int, lawful: bool
) -> None:
    """Two licences with a gap between them are no licence for the gap."""
    index = Index(policy())
    index.put(guards("1"), member("a", licence(-5, 10), licence(20, 40)))
    window = Window(START + timedelta(days=first_day), START + timedelta(days=last_day))
    found = index.search(asking(window=window), 5)
    assert bool(found.clear) is lawful
    assert found.turned_away == ({} if lawful else {"alliance.licence": 1})


def test_a_suspended_provider_is_found_again_when_it_is_put_again() -> None:
    """What is put again takes the place of what was there."""
    index = Index(policy())
    suspended = replace(member(), status=MemberStatus.SUSPENDED)
    index.put(guards("1"), suspended)
    assert index.search(asking(), 5).turned_away == {"provider_active": 1}
    index.put(guards("1"), member())
    assert ids(index.search(asking(), 5)) == ["cap_1"]
    index.put(guards("1"), None)
    assert index.search(asking(), 5).turned_away == {"provider_active": 1}
    assert len(index) == 1


def test_a_record_counts_for_all_that_a_provider_has() -> None:
    """Told once of a provider, before or after its capabilities."""
    index = Index(policy())
    index.put_standing(OrganisationId("org_good"), Standing(quality=0.9, share=0.0))
    for number, owner in enumerate(("bad", "good", "bad", "good")):
        index.put(guards(str(number), owner), member(owner))
    index.put_standing(OrganisationId("org_bad"), Standing(quality=0.1, share=0.0))
    assert ids(index.search(asking(), 5)) == ["cap_1", "cap_3", "cap_0", "cap_2"]


def test_nobody_from_beyond_the_widest_wave_is_returned() -> None:
    """They are counted instead."""
    index = Index(policy())
    index.put(guards("near"), member())
    index.put(replace(guards("far"), base=Place("SG", Position(1.35, 103.8))), member())
    found = index.search(replace(asking(), widest=Wave.NEIGHBOURS), 5)
    assert ids(found) == ["cap_near"]
    assert found.turned_away == {"later_wave": 1}


def test_memory_is_told() -> None:
    """It grows with what is put."""
    index = Index(policy())
    before = index.nbytes()
    for number in range(100):
        index.put(guards(str(number)), member())
    assert index.nbytes() > before + 100 * 100
