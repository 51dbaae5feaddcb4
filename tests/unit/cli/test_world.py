"""The simulated alliance is drawn from a seed, and what it will send is valid."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from muster.cli.world.generation import generate_world
from muster.cli.world.places import ARMED_GUARDING, HOMES
from muster.cli.world.plans import WorldPlan
from muster.contracts.vocabulary.attributes import CapabilityAttributes, Requirement
from muster.contracts.vocabulary.countries import ALLIANCE
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.values import Coverage, Place, Price, Window

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> WorldPlan:
    """Return the world of the demo."""
    return generate_world(2026, NOW)


def test_the_same_seed_draws_the_same_world(world: WorldPlan) -> None:
    """Nothing in a world depends on anything but its seed, the time and the sizes."""
    assert generate_world(2026, NOW) == world


def test_another_seed_draws_another_world(world: WorldPlan) -> None:
    """A seed matters."""
    assert generate_world(2027, NOW) != world


def test_a_world_does_not_depend_on_the_order_of_hashes() -> None:
    """Another process, with other hashes, draws the same world."""
    program = (
        "from datetime import *; from muster.cli.world.generation import generate_world;"
        "print(generate_world(5, datetime(2026, 3, 2, tzinfo=UTC), 40, 90, 30))"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(drawn) == 1


def test_the_demo_has_120_members_600_capabilities_and_300_requests(world: WorldPlan) -> None:
    """The sizes are those that were asked for."""
    assert len(world.members) == 120
    assert len(world.enterprises) == 15
    assert world.capability_count == 600
    assert len(world.requests) == 300


@pytest.mark.parametrize(
    ("members", "capabilities", "requests"), [(2, 1, 1), (10, 33, 7), (40, 200, 50)]
)
def test_other_sizes_are_kept_too(members: int, capabilities: int, requests: int) -> None:
    """A test may play a small world."""
    small = generate_world(1, NOW, members, capabilities, requests)
    sizes = (len(small.members), small.capability_count, len(small.requests))
    assert sizes == (members, capabilities, requests)


def test_a_world_needs_someone_who_asks_and_someone_who_provides() -> None:
    """A world of one is refused."""
    with pytest.raises(ValueError, match="too few"):
        generate_world(1, NOW, members=1)


def test_all_six_kinds_are_at_home_in_all_twelve_countries(world: WorldPlan) -> None:
    """Wherever a request is made, somebody near can answer each kind of need."""
    held = {
        (member.home_country, _attributes(body)["kind"])
        for member in world.providers
        for body in member.capabilities
    }
    assert set(HOMES) == ALLIANCE
    assert held == {(country, kind.value) for country in ALLIANCE for kind in CapabilityKind}


def test_every_body_is_valid_in_the_vocabulary(world: WorldPlan) -> None:
    """What will be sent passes the published language."""
    attributes: TypeAdapter[object] = TypeAdapter(CapabilityAttributes)
    for member in world.providers:
        for body in member.capabilities:
            attributes.validate_python(body["attributes"])
            TypeAdapter(Place).validate_python(body["base"])
            TypeAdapter(Coverage).validate_python(body["coverage"])
            TypeAdapter(Price).validate_python(body["price"])
    requirement: TypeAdapter[object] = TypeAdapter(Requirement)
    for plan in world.requests:
        body = plan.body_at(NOW)
        TypeAdapter(Place).validate_python(body["place"])
        TypeAdapter(Window).validate_python(body["window"])
        for need in _list(body["needs"]):
            requirement.validate_python(need["required"])


def test_every_provider_but_a_few_is_licensed_where_its_capabilities_serve(
    world: WorldPlan,
) -> None:
    """A few are licensed abroad but not at home, for the gate to turn away."""
    unlicensed = set()
    for member in world.providers:
        licensed = {
            (paper["jurisdiction"], kind)
            for paper in member.authorisations
            if paper["kind"] in ("licence", "permit")
            for kind in _list(paper["activities"])
        }
        for body in member.capabilities:
            kind = _attributes(body)["kind"]
            for country in _coverage(body)["countries"]:
                if (country, kind) not in licensed:
                    unlicensed.add((member.number, member.home_country, country))
    assert {home == country for _, home, country in unlicensed} == {True}
    assert len({number for number, *_ in unlicensed}) == 2


def test_guards_are_armed_only_where_that_can_be_licensed(world: WorldPlan) -> None:
    """Armed teams are based where private companies may be armed."""
    armed = {
        member.home_country
        for member in world.providers
        for body in member.capabilities
        if _attributes(body).get("armed")
    }
    assert armed
    assert armed <= ARMED_GUARDING


def test_those_who_serve_armed_have_standing_and_cover_for_it(world: WorldPlan) -> None:
    """An ICoCA class of at least member, a certificate, and a policy that pays for arms."""
    for member in world.providers:
        if not any(_attributes(body).get("armed") for body in member.capabilities):
            continue
        papers = {str(paper["kind"]): paper for paper in member.authorisations}
        assert papers["icoca"]["icoca_class"] in ("certified_member", "member")
        assert papers["certificate"]["standard"] == "ISO 18788"
        assert papers["insurance_policy"]["lines"] == ["liability"]
        assert papers["insurance_policy"]["armed_excluded"] is False


def test_guards_of_foreign_companies_come_to_vietnam_only_by_a_joint_venture(
    world: WorldPlan,
) -> None:
    """Decree 96/2016; one company has one."""
    ventures = {
        member.number
        for member in world.providers
        for paper in member.authorisations
        if paper["kind"] == "joint_venture" and paper["jurisdiction"] == "VN"
    }
    abroad = {
        member.number
        for member in world.providers
        for body in member.capabilities
        if _attributes(body)["kind"] == "guards" and "VN" in _coverage(body)["countries"]
        if member.home_country != "VN"
    }
    assert ventures == abroad != set()


def test_most_companies_say_who_their_guards_are(world: WorldPlan) -> None:
    """Where the law asks for it, silence means that an operator has to ask."""
    stated = Counter(
        bool(_attributes(body).get("nationalities"))
        for member in world.providers
        for body in member.capabilities
        if _attributes(body)["kind"] == "guards"
    )
    assert 0 < stated[False] < stated[True] / 5


def test_armed_requests_show_that_the_host_state_cannot_protect(world: WorldPlan) -> None:
    """All but a few, which nobody may serve."""
    armed = [
        plan.body_at(NOW)
        for plan in world.requests
        if any(need["required"].get("armed") for need in _list(plan.body["needs"]))
    ]
    shown = [body for body in armed if "host_state_protection" in body]
    assert 10 <= len(shown) < len(armed) <= len(shown) + 4
    for body in shown:
        record = body["host_state_protection"]
        assert isinstance(record, dict)
        assert datetime.fromisoformat(record["established_at"]) < NOW


def test_some_enterprises_have_a_conflict_with_a_provider_at_home(world: WorldPlan) -> None:
    """Somebody near whom they will not be served by."""
    assert len(world.conflicts) == 3
    for enterprise, provider in world.conflicts:
        assert (enterprise.role, provider.role) == ("enterprise", "provider")
        assert enterprise.home_country == provider.home_country


def test_papers_are_valid_now_and_for_years(world: WorldPlan) -> None:
    """No paper runs out while a job is under way."""
    for member in world.providers:
        for paper in member.authorisations:
            valid = TypeAdapter(Window).validate_python(paper["valid"])
            assert valid.starts_at < NOW
            assert valid.ends_at > NOW + timedelta(days=3 * 365)


def test_the_first_request_is_the_example_everybody_knows(world: WorldPlan) -> None:
    """Four guards with Khmer and English, two B6 vehicles, ransom cover, a threat assessment."""
    guards, vehicles, cover, assessment = _list(world.requests[0].body["needs"])
    assert guards["quantity"] == 4
    assert guards["required"]["languages"] == ["en", "km"]
    assert (vehicles["quantity"], vehicles["required"]["armour"]) == (2, "B6")
    assert cover["required"]["limit"] == {"minor_units": 500_000_000, "currency": "USD"}
    assert assessment["required"]["product"] == "threat_assessment"


def test_requests_mix_urgency_size_approval_and_lead(world: WorldPlan) -> None:
    """The scenario has some of everything."""
    bodies = [plan.body_at(NOW) for plan in world.requests]
    assert {body["urgency"] for body in bodies} == {"emergency", "urgent", "planned"}
    assert {len(_list(body["needs"])) for body in bodies} == {1, 2, 3, 4, 5}
    approvals = Counter(_terms(body)["auto_approve"] for body in bodies)
    assert 0.4 < approvals[True] / len(bodies) < 0.6
    starts = [TypeAdapter(Window).validate_python(body["window"]).starts_at for body in bodies]
    assert min(starts) > NOW + timedelta(hours=1)
    assert max(starts) > NOW + timedelta(days=3)


def test_every_request_asks_for_something_that_is_not_optional(world: WorldPlan) -> None:
    """A request whose needs are all optional would be refused."""
    for plan in world.requests:
        assert any(not need.get("optional") for need in _list(plan.body["needs"]))


def test_a_few_requests_cannot_be_filled_and_a_few_are_cancelled(world: WorldPlan) -> None:
    """The summary has something to explain."""
    abroad = [plan for plan in world.requests if _country(plan.body) not in ALLIANCE]
    cancelled = [plan for plan in world.requests if plan.cancel_after_seconds is not None]
    assert 5 <= len(abroad) <= 15
    assert 5 <= len(cancelled) <= 20


def _attributes(body: dict[str, object]) -> dict[str, object]:
    found = body["attributes"]
    assert isinstance(found, dict)
    return found


def _coverage(body: dict[str, object]) -> dict[str, list[str]]:
    found = body["coverage"]
    assert isinstance(found, dict)
    return found


def _terms(body: dict[str, object]) -> dict[str, object]:
    found = body["terms"]
    assert isinstance(found, dict)
    return found


def _country(body: dict[str, object]) -> str:
    found = body["place"]
    assert isinstance(found, dict)
    return str(found["country"])


def _list(found: object) -> list[Any]:
    assert isinstance(found, list)
    return found
