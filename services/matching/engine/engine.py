"""The engine as a whole: gate, score, allocate, explain for a batch of waiting requests."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

from services.matching.engine.candidates import Scout, Search
from services.matching.engine.explain import Explainer
from services.matching.engine.filling import Solver
from services.matching.engine.model import Demand, Plan, Pool
from services.matching.engine.occupancy import Occupancy
from services.matching.engine.policy import Policy
from services.matching.engine.tiers import Server, tier_of


def plan(batch: Sequence[Demand], pool: Pool, policy: Policy, clock: Callable[[], float]) -> Plan:
    """Return what each request of the batch gets, and why.

    All requests are served together from one pool, urgency by urgency. The holds never exceed
    what is free in it, every candidate held passed every rule, and no need gets more than it
    misses. In whatever order batch and pool are listed, the plan is the same, as long as the
    allocation was solved to the optimum (the explanation says so). Every request's window must
    still be ahead, at least in part. `clock` tells seconds, for the solver's time limit.
    """
    scout = Scout(pool, policy)
    occupancy = Occupancy(pool.bookings)
    solver = Solver(policy.solver_seconds, clock)
    server = Server(occupancy, solver)
    searches = sorted(map(scout.search, batch), key=_turn)
    allotments = [
        allotment
        for _, tier in groupby(searches, key=_tier)
        for allotment in server.serve(list(tier))
    ]
    explainer = Explainer(pool, policy, occupancy, allotments)
    return Plan(tuple(map(explainer.outcome, allotments)), tuple(solver.solved))


def _tier(search: Search) -> int:
    return tier_of(search.request)


def _turn(search: Search) -> tuple[int, datetime, str]:
    return _tier(search), search.request.submitted_at, search.request.request_id
