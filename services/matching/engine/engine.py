"""The engine as a whole: gate, score, allocate, explain for a batch of waiting requests."""

from collections.abc import Sequence

from services.matching.engine.allocate import Allocator, Allotment, in_order, needs_in_order
from services.matching.engine.candidates import Field, Index, field_for, index_of
from services.matching.engine.explain import explain, shortfalls_of
from services.matching.engine.model import Demand, Outcome, Plan, Pool


def plan(batch: Sequence[Demand], pool: Pool) -> Plan:
    """Return what each request of the batch gets, and why.

    All requests are served together from one pool. The holds never exceed what is free in it, no
    need gets more than it misses, and the same batch and pool always give the same plan. Every
    request's window must still be ahead, at least in part.
    """
    index = index_of(pool)
    allocator = Allocator(pool.bookings)
    outcomes = []
    for demand in in_order(batch):
        fields = _fields(demand, pool, index)
        outcomes.append(_outcome(demand, allocator.serve(demand, fields)))
    return Plan(tuple(outcomes))


def _fields(demand: Demand, pool: Pool, index: Index) -> list[Field]:
    window = demand.request.ahead(pool.now)
    return [field_for(demand, need, window, pool, index) for need in needs_in_order(demand)]


def _outcome(demand: Demand, allotment: Allotment) -> Outcome:
    return Outcome(
        request_id=demand.request.request_id,
        holds=tuple(hold for share in allotment.shares for hold in share.holds),
        shortfalls=shortfalls_of(allotment.shares),
        hopeless=allotment.hopeless,
        explanation=explain(allotment.shares),
    )
