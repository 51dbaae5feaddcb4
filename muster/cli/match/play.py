"""Plays a scenario: all its requests are matched at once, as in one round of sourcing."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from muster.cli.match import members
from muster.cli.match.decisions import decisions
from muster.cli.match.gathering import gathered
from muster.cli.match.requests import Refused, demand
from muster.cli.match.scenario import OrganisationOnFile, Scenario
from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId
from services.matching.engine.engine import plan
from services.matching.engine.model import Demand, Outcome, Pool
from services.matching.engine.policy import Policy, Standing


@dataclass(frozen=True)
class Played:
    """A scenario, what the engine was given for it, and what it said."""

    scenario: Scenario
    policy: Policy
    pool: Pool
    refused: Mapping[RequestId, Refused]
    demands: Mapping[RequestId, Demand]
    outcomes: Mapping[RequestId, Outcome]


def play(scenario: Scenario, policy: Policy) -> Played:
    """Return what the engine makes of a scenario."""
    said = [(each.id, demand(each, scenario.now, policy.pack)) for each in scenario.requests]
    demands = {name: each for name, each in said if isinstance(each, Demand)}
    pool = _pool(scenario, list(demands.values()), policy)
    outcomes = plan(list(demands.values()), pool, policy, time.perf_counter).outcomes
    return Played(
        scenario,
        policy,
        pool,
        refused={name: each for name, each in said if isinstance(each, Refused)},
        demands=demands,
        outcomes={outcome.request_id: outcome for outcome in outcomes},
    )


def _pool(scenario: Scenario, batch: Sequence[Demand], policy: Policy) -> Pool:
    capabilities = {each.id: members.capability(each) for each in scenario.capabilities}
    pool = Pool(
        now=scenario.now,
        # In one order whatever the file's, so that its order decides nothing.
        capabilities=tuple(capabilities[name] for name in sorted(capabilities)),
        members={each.id: members.member(each) for each in scenario.organisations},
        bookings=tuple(
            members.booking(each, capabilities[each.capability_id], at)
            for at, each in enumerate(scenario.bookings)
        ),
        standings=_standings(scenario.organisations),
    )
    decided = replace(pool, decisions=decisions(scenario.decisions, batch, pool, policy))
    return gathered(decided, batch, policy)


def _standings(organisations: Sequence[OrganisationOnFile]) -> Mapping[OrganisationId, Standing]:
    return {
        each.id: Standing(each.standing.quality, each.standing.share)
        for each in organisations
        if each.standing is not None
    }
