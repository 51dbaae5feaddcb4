"""What matching counts for operators; it shows when the transaction commits."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.observability import metrics_of_work as metrics
from muster.storage.unit_of_work import UnitOfWork
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request, Shortfall
from services.matching.engine.allocation import Solution
from services.matching.engine.explain import ELIGIBLE, REVIEW
from services.matching.engine.law.rules import EVERYWHERE, RulePack
from services.matching.engine.model import Outcome
from services.matching.engine.verdicts import Ruling, Verdict

# In so many seconds a request has its first offer; dashboards and alerts count by the same.
FIRST_OFFER_TARGETS: Mapping[Urgency, float] = {
    Urgency.EMERGENCY: 60,
    Urgency.URGENT: 300,
    Urgency.PLANNED: 3600,
}

_NO_RULE = "no_rule."
_IN_VAIN = (RequestStatus.UNFILLED, RequestStatus.EXPIRED)


def submitted(work: UnitOfWork, request: Request) -> None:
    """Count a request that was taken."""
    work.count(metrics.REQUESTS_SUBMITTED, request.urgency)


def step_of(work: UnitOfWork, offer: Offer) -> None:
    """Count what an offer has become."""
    work.count(metrics.OFFERS, offer.kind, offer.status)


def first_offer(work: UnitOfWork, request: Request) -> None:
    """Measure how long a request has waited for the first offer, which is made now."""
    waited = (work.now - request.submitted_at).total_seconds()
    work.observe(metrics.FIRST_OFFER_SECONDS, waited, request.urgency)
    if waited > FIRST_OFFER_TARGETS[request.urgency]:
        work.count(metrics.SLA_BREACHES, "first_offer", request.urgency)


def confirmed(work: UnitOfWork, request: Request) -> None:
    """Measure how long a request took to be confirmed."""
    waited = (work.now - request.submitted_at).total_seconds()
    work.observe(metrics.CONFIRMATION_SECONDS, waited, request.urgency)


def unanswered(work: UnitOfWork, offer: Offer) -> None:
    """Count an offer that ran out."""
    work.count(metrics.SLA_BREACHES, "answer", offer.urgency)


def ended(work: UnitOfWork, request: Request, offers: Sequence[Offer]) -> None:
    """Count a request that came to nothing; one that never had an offer broke a promise."""
    if request.status in _IN_VAIN and not offers:
        work.count(metrics.SLA_BREACHES, "first_offer", request.urgency)
    if request.status is RequestStatus.UNFILLED:
        work.count(metrics.REQUESTS_UNFILLED, request.urgency, _main_reason(request.shortfalls))


def planned(work: UnitOfWork, solutions: Iterable[Solution]) -> None:
    """Measure what the allocator took, and how far its answers may be from the best."""
    for solution in solutions:
        work.observe(metrics.SOLVER_SECONDS, solution.seconds)
        gap = solution.objective - solution.bound
        share = gap / solution.objective if solution.objective else 0.0
        work.observe(metrics.SOLVER_GAP, max(0.0, share))


def judged(work: UnitOfWork, outcomes: Sequence[Outcome], pack: RulePack) -> None:
    """Count what every rule said of the candidates of a round."""
    jurisdictions = {rule.rule_id: rule.jurisdiction for rule in pack.rules}
    needs = [need for outcome in outcomes for need in outcome.explanation.needs]
    verdicts = [each.verdicts for need in needs for each in need.considered]
    for (rule, ruling), number in _tally(verdicts).items():
        jurisdiction = _jurisdiction(rule, jurisdictions)
        work.count(metrics.GATE_VERDICTS, rule, jurisdiction, ruling, by=number)
    for need in needs:
        for rule, number in need.beyond.items():
            if rule not in (ELIGIBLE, REVIEW):
                jurisdiction = _jurisdiction(rule, jurisdictions)
                work.count(metrics.GATE_VERDICTS, rule, jurisdiction, Ruling.FAILED, by=number)


def _tally(verdicts: Sequence[Sequence[Verdict]]) -> Mapping[tuple[str, Ruling], int]:
    """Return how often each rule said what; nearly all that rules say is yes."""
    every = Counter([verdict.rule for verdict in chain.from_iterable(verdicts)])
    against = Counter(
        [
            (verdict.rule, verdict.ruling)
            for verdict in chain.from_iterable(verdicts)
            if verdict.ruling is not Ruling.PASSED
        ]
    )
    for (rule, _), number in against.items():
        every[rule] -= number
    passed = {(rule, Ruling.PASSED): number for rule, number in every.items() if number}
    return passed | against


def _jurisdiction(rule: str, known: Mapping[str, str]) -> str:
    if rule.startswith(_NO_RULE):
        return rule.removeprefix(_NO_RULE).partition(".")[0].upper()
    return known.get(rule, EVERYWHERE)


def _main_reason(shortfalls: Iterable[Shortfall]) -> str:
    """Return what turned away the most candidates for the first required need that is short."""
    short = next((each for each in shortfalls if not each.optional), None)
    if short is None or not short.reasons:
        return "unknown"
    return max(sorted(short.reasons), key=short.reasons.__getitem__)
