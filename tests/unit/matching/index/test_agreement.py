"""The index says of everybody what the gate says, and ranks them by the same score."""

from collections import Counter
from datetime import timedelta
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from services.matching.domain.capability import Capability
from services.matching.domain.request import Request
from services.matching.engine.facts import facts_of
from services.matching.engine.gate import Case, judge, matter_of, ruling_of
from services.matching.engine.index import Found, Index, Search
from services.matching.engine.policy import NEWCOMER, USUAL_WEIGHTS, Policy
from services.matching.engine.preferences import wishes
from services.matching.engine.score import Purse, score
from services.matching.engine.travel import USUAL_TRAVEL
from services.matching.engine.verdicts import Ruling, Verdict
from services.matching.engine.waves import RANK, wave_of
from services.matching.rule_pack import load_rule_pack
from tests.unit.matching.index.alliance import COUNTRIES, Draw, World

ALL = 1000
SEEDS = st.integers(0, 2**32)


@cache
def policy() -> Policy:
    """Return the policy with the packaged rules."""
    return Policy(load_rule_pack(), USUAL_WEIGHTS, USUAL_TRAVEL, timedelta(days=1), 1.0, 100)


def draw(seed: int, *, policies: int = 1) -> Draw:
    """Return what draws worlds under these rules."""
    keys = [rule.key for rule in policy().pack.rules]
    silences = [f"no_rule.{c.lower()}.{a}@none" for c in COUNTRIES for a in ("foreign", "armed")]
    return Draw(seed, (*keys, *silences), policies=policies)


def indexed(world: World, order: Random | None = None) -> Index:
    """Return an index of the world, put together in this order."""
    index = Index(policy())
    capabilities = list(world.capabilities)
    if order is not None:
        order.shuffle(capabilities)
    for each in capabilities:
        index.put(each, world.members.get(each.provider_id), world.decisions)
    for provider_id, standing in world.standings.items():
        index.put_standing(provider_id, standing)
    return index


def found(index: Index, world: World, request: Request, limit: int = ALL) -> Found:
    """Return what the index finds for the request's need."""
    enterprise = world.members.get(request.enterprise_id)
    search = Search.of(
        request, request.needs[0], enterprise, world.now, refused=refused(world, request)
    )
    return index.search(search, limit)


def refused(world: World, request: Request) -> frozenset[CapabilityId]:
    """Return some capabilities whose providers were asked in vain."""
    some = int(request.request_id.removeprefix("req_")) % 4
    return frozenset(each.capability_id for each in world.capabilities[:some])


def case_of(world: World, request: Request, capability: Capability) -> Case:
    """Return the case that the gate judges."""
    need = request.needs[0]
    matter = matter_of(capability.provider_id, request, need)
    return Case(
        now=world.now,
        request=request,
        need=need,
        window=request.ahead(world.now),
        capability=capability,
        provider=world.members.get(capability.provider_id),
        enterprise=world.members.get(request.enterprise_id),
        policy=policy(),
        refused=capability.capability_id in refused(world, request),
        decision=world.decisions.get(matter),
    )


def serving(world: World, request: Request) -> list[Case]:
    """Return the cases of everybody who serves this kind in the host country."""
    return [
        case_of(world, request, each)
        for each in world.capabilities
        if each.kind is request.needs[0].kind and request.place.country in each.coverage.countries
    ]


def cost_of(world: World, case: Case) -> float:
    """Return the wave and the score by which candidates are ranked."""
    need, capability = case.need, case.capability
    purse = Purse.of(case.request.terms.budget, need.quantity)
    record = world.standings.get(capability.provider_id, NEWCOMER)
    facts = facts_of(case, record, wishes(need.required, need.preferred), purse.currency)
    wave = wave_of(capability.base.country, case.request.place.country)
    return RANK[wave] + score(facts, purse, policy().weights).value


def by_rule(verdicts: tuple[Verdict, ...]) -> str:
    """Return the first rule that fails; those of law under one name."""
    first = next(verdict.rule for verdict in verdicts if verdict.ruling is Ruling.FAILED)
    return "law" if "." in first else first


@given(SEEDS)
def test_the_index_judges_as_the_gate_does(seed: int) -> None:
    """Clear, for review, or turned away by the same rule: of everybody, the same."""
    world = draw(seed).world()
    index = indexed(world)
    for request in world.requests:
        answer = found(index, world, request)
        expected: dict[Ruling, set[str]] = {ruling: set() for ruling in Ruling}
        turned_away: Counter[str] = Counter()
        for case in serving(world, request):
            verdicts = judge(case)
            expected[ruling_of(verdicts)].add(case.capability.capability_id)
            if ruling_of(verdicts) is Ruling.FAILED:
                turned_away[by_rule(verdicts)] += 1
        assert {hit.capability_id for hit in answer.clear} == expected[Ruling.PASSED]
        assert {hit.capability_id for hit in answer.review} == expected[Ruling.REVIEW]
        told: Counter[str] = Counter()
        for rule, count in answer.turned_away.items():
            told["law" if "." in rule else rule] += count
        assert told == turned_away
        assert answer.total == sum(map(len, expected.values()))
        assert answer.clear_in_all == len(answer.clear)
        assert answer.review_in_all == len(answer.review)


@given(SEEDS)
def test_nobody_is_turned_away_whom_the_gate_lets_pass(seed: int) -> None:
    """With several policies at once the index may let too many pass, but never too few."""
    world = draw(seed, policies=3).world()
    index = indexed(world)
    for request in world.requests:
        answer = found(index, world, request)
        clear = {hit.capability_id for hit in answer.clear}
        review = {hit.capability_id for hit in answer.review}
        for case in serving(world, request):
            ruling = ruling_of(judge(case))
            assert ruling is not Ruling.PASSED or case.capability.capability_id in clear
            assert ruling is not Ruling.REVIEW or case.capability.capability_id in review


@given(SEEDS)
def test_the_index_ranks_by_the_score_of_the_engine(seed: int) -> None:
    """Nearer waves first, then the score, the same as for one candidate alone."""
    world = draw(seed).world()
    index = indexed(world)
    for request in world.requests:
        costs = {
            case.capability.capability_id: cost_of(world, case) for case in serving(world, request)
        }
        answer, first = found(index, world, request), found(index, world, request, limit=2)
        assert (first.clear, first.review) == (answer.clear[:2], answer.review[:2])
        for hits in (answer.clear, answer.review):
            told = [RANK[hit.wave] + hit.score for hit in hits]
            assert told == pytest.approx([costs[hit.capability_id] for hit in hits])
            assert told == sorted(told)


@given(SEEDS, SEEDS)
def test_the_answer_does_not_depend_on_the_order_of_puts(seed: int, order: int) -> None:
    """What was put last, updated or removed on the way leaves no trace."""
    drawn = draw(seed)
    world = drawn.world()
    random = Random(order)
    straight, roundabout = indexed(world), Index(policy())
    for each in random.sample(world.capabilities, 20):  # what they were before
        before = drawn.capability(each.capability_id, each.provider_id)
        roundabout.put(before, world.members.get(each.provider_id))
    for each in random.sample(world.capabilities, 10):
        roundabout.remove(each.capability_id)
    strangers = [
        drawn.capability(CapabilityId(f"cap_stranger_{n}"), OrganisationId("org_1"))
        for n in range(10)
    ]
    for each in random.sample([*strangers, *world.capabilities], 70):
        roundabout.put(each, world.members.get(each.provider_id), world.decisions)
    for each in strangers:
        roundabout.remove(each.capability_id)
    for provider_id, standing in world.standings.items():
        roundabout.put_standing(provider_id, standing)
    assert len(straight) == len(roundabout) == len(world.capabilities)
    for request in world.requests:
        assert found(straight, world, request) == found(roundabout, world, request)
