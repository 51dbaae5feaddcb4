"""SourceRequests: find providers for all waiting requests of a batch, together."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import bindparam

from muster.contracts.vocabulary.identifiers import RequestId
from muster.storage.unit_of_work import UnitOfWork
from services.matching import counting, projection, timers
from services.matching.domain.deadlines import Patience
from services.matching.domain.offer import REFUSED, Offer
from services.matching.domain.progress import missing
from services.matching.domain.request import Request
from services.matching.engine.engine import plan
from services.matching.engine.model import Demand
from services.matching.matcher import Matcher
from services.matching.pool import lock_pool
from services.matching.record import save_request
from services.matching.tables import OFFERS, REQUESTS, offers, requests
from services.matching.use_cases.settling import Round

_IDS: Any = bindparam("request_ids", expanding=True)
_LOCK_REQUESTS = REQUESTS.finder(requests.c.request_id.in_(_IDS), lock=True)
_OFFERS_OF = OFFERS.finder(offers.c.request_id.in_(_IDS))

Scope = Callable[[RequestId], AbstractContextManager[None]]


def _same_cause(_request_id: RequestId) -> AbstractContextManager[None]:
    return nullcontext()


def source_requests(
    work: UnitOfWork,
    request_ids: Sequence[RequestId],
    matcher: Matcher,
    scope: Scope = _same_cause,
    *,
    explains_repeats: bool = True,
) -> None:
    """Hold capacity and make offers for those of these requests that wait for it.

    A request that has moved on meanwhile is left alone, so repeats do no harm. What happens to a
    request happens within its `scope`, which may say what caused it. Unless it `explains_repeats`,
    a round that finds what the one before has found leaves no explanation.
    """
    waiting = _lock_waiting(work, request_ids)
    known = _offers_by_request(work, waiting)
    batch = _without_strangers(work, waiting, matcher.patience, scope)
    demands = [_demand(request, known[request.request_id], matcher.patience) for request in batch]
    if not demands:
        return
    pool = lock_pool(work.connection, demands, matcher.index, work.now)
    round_ = Round(work, matcher, pool, explains_repeats=explains_repeats)
    by_id = {demand.request.request_id: demand for demand in demands}
    found = plan(demands, pool, matcher.policy, matcher.clock)
    counting.planned(work, found.solutions)
    counting.judged(work, found.outcomes, matcher.policy.pack)
    for outcome in found.outcomes:
        with scope(outcome.request_id):
            round_.settle(by_id[outcome.request_id], known[outcome.request_id], outcome)
    round_.write()


def _without_strangers(
    work: UnitOfWork, waiting: Sequence[Request], patience: Patience, scope: Scope
) -> list[Request]:
    """Let those wait of whose enterprise nothing was heard yet; return the others.

    What the registry says of it is on its way. If it does not come for all patience, the request
    is judged as it is: nobody can tell under whose law it was made, and the explanation says so.
    """
    askers = {request.enterprise_id for request in waiting}
    heard = projection.standing_of(work.connection, sorted(askers)) if askers else {}
    ready = []
    for request in waiting:
        if request.enterprise_id in heard or request.waits >= patience.tries:
            ready.append(request)
            continue
        with scope(request.request_id):
            reason = "nothing was heard of the enterprise yet"
            save_request(work, request, request.sourced((), owed=True, waits=True), reason=reason)
            work.schedule(timers.SOURCING, request.request_id, work.now + patience.retry)
    return ready


def _lock_waiting(work: UnitOfWork, request_ids: Sequence[RequestId]) -> list[Request]:
    found = _LOCK_REQUESTS(work.connection, request_ids=request_ids)
    return [request for request in found if request.awaits_sourcing(work.now)]


def _offers_by_request(
    work: UnitOfWork, waiting: Sequence[Request]
) -> Mapping[RequestId, list[Offer]]:
    known: dict[RequestId, list[Offer]] = {request.request_id: [] for request in waiting}
    # A request that is sourced for the first time has no offers: nothing to look up.
    again = [request.request_id for request in waiting if request.rounds]
    if again:
        for offer in _OFFERS_OF(work.connection, request_ids=again):
            known[offer.request_id].append(offer)
    return known


def _demand(request: Request, known: Sequence[Offer], patience: Patience) -> Demand:
    return Demand(
        request=request,
        missing=missing(request, known),
        refused=frozenset(
            (offer.need_id, offer.capability_id) for offer in known if offer.status in REFUSED
        ),
        may_wait=request.waits < patience.tries,
    )
