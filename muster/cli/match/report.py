"""From what the engine said to the result its readers get."""

from collections import Counter
from collections.abc import Iterator, Sequence

from muster.cli.match.decisions import decided_matter, rule_of
from muster.cli.match.play import Played
from muster.cli.match.result import (
    AllocatedResult,
    DecisionResult,
    Fate,
    FindingResult,
    NeedResult,
    QuestionResult,
    RefusalResult,
    RequestResult,
    Result,
)
from muster.cli.match.scenario import RequestOnFile
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.values import Money
from services.matching.domain.request import Need
from services.matching.engine.model import Hold, Outcome, Question
from services.matching.engine.score import cost_of
from services.matching.engine.verdicts import Consideration, NeedExplanation
from services.matching.explanations import ExplainedRound
from services.matching.previews import fate_of
from services.matching.views.explanations import ExplanationView


def result_of(played: Played) -> Result:
    """Return the result, its requests in the order of the scenario."""
    scenario, policy = played.scenario, played.policy
    requests = tuple(_request(played, said) for said in scenario.requests)
    fates = Counter(request.fate for request in requests)
    return Result(
        title=scenario.title,
        now=scenario.now,
        rule_pack=policy.pack.version,
        weights=vars(policy.weights),
        margin_hours=policy.margin.total_seconds() / 3600,
        totals={fate: fates[fate] for fate in Fate},
        requests=requests,
        decisions=tuple(_decisions(played)),
    )


def _request(played: Played, said: RequestOnFile) -> RequestResult:
    common = {
        "request_id": said.id,
        "reference": said.reference,
        "enterprise_id": said.enterprise_id,
        "enterprise": _name(played, said.enterprise_id),
        "urgency": said.urgency,
        "country": said.place.country,
    }
    if refused := played.refused.get(said.id):
        why = refused.reason
        refusal = RefusalResult(field=why.field, problem=why.problem, allowed=why.allowed)
        return RequestResult(**common, fate=Fate.REFUSED, refusal=refusal)
    outcome = played.outcomes[said.id]
    reasons = {shortfall.need_id: shortfall.reasons for shortfall in outcome.shortfalls}
    explained = {need.need_id: need for need in outcome.explanation.needs}
    return RequestResult(
        **common,
        fate=Fate(fate_of(outcome).value),
        needs=tuple(
            _need(played, need, outcome, explained[need.need_id], reasons.get(need.need_id, {}))
            for need in played.demands[said.id].request.needs
        ),
        questions=tuple(_question(played, question) for question in outcome.questions),
        explanation=ExplanationView.of(
            outcome.request_id, [ExplainedRound(1, played.scenario.now, outcome.explanation)]
        ),
    )


def _need(
    played: Played, need: Need, outcome: Outcome, why: NeedExplanation, reasons: dict[str, int]
) -> NeedResult:
    considered = {each.capability_id: each for each in why.considered}
    return NeedResult(
        need_id=need.need_id,
        kind=need.kind,
        wanted=why.wanted,
        missing=why.missing,
        optional=need.optional,
        allocated=tuple(
            _allocated(played, hold, considered.get(hold.capability_id))
            for hold in _in_order(outcome.holds)
            if hold.need.need_id == need.need_id
        ),
        reasons=reasons,
    )


def _in_order(holds: Sequence[Hold]) -> list[Hold]:
    return sorted(holds, key=lambda hold: (hold.need.need_id, hold.capability_id))


def _allocated(played: Played, hold: Hold, why: Consideration | None) -> AllocatedResult:
    capability = hold.capability
    each = cost_of(capability.price, hold.window)
    return AllocatedResult(
        provider_id=capability.provider_id,
        provider=_name(played, capability.provider_id),
        capability_id=capability.capability_id,
        capability=capability.name,
        quantity=hold.quantity,
        score=why.score.value if why and why.score else None,
        price=capability.price,
        cost=Money(hold.quantity * each, capability.price.amount.currency),
        wave=why.wave if why else None,
        arrives_at=why.arrives_at if why else None,
    )


def _question(played: Played, question: Question) -> QuestionResult:
    matter = question.matter
    return QuestionResult(
        provider_id=matter.provider_id,
        provider=_name(played, matter.provider_id),
        country=matter.country,
        kind=matter.kind,
        armed=matter.armed,
        findings=tuple(
            FindingResult(rule=verdict.rule, fact=verdict.fact, wanted=verdict.wanted)
            for verdict in question.verdicts
        ),
    )


def _decisions(played: Played) -> Iterator[DecisionResult]:
    for said in played.scenario.decisions:
        matter = decided_matter(said)
        decision = played.pool.decisions[matter]
        yield DecisionResult(
            **matter._asdict(),
            cleared=decision.cleared,
            rules=tuple(sorted(map(rule_of, decision.keys))),
        )


def _name(played: Played, organisation_id: OrganisationId) -> str:
    return played.pool.members[organisation_id].name
