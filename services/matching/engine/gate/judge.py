"""All rules in their order, and what they say together.

The order is the one in which shortfalls count their reasons: who somebody is before what it can
do, what it can do before what the law says, and when it can be there last.
"""

from collections.abc import Iterable

from muster.contracts.vocabulary.attributes import CapabilityAttributes
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Member
from services.matching.domain.request import Need, Request
from services.matching.engine.gate.case import Case, Engagement, environment_of, is_armed
from services.matching.engine.gate.fitness import (
    AFTER_THE_LAW,
    BEFORE_THE_LAW,
    capability_published,
    not_excluded,
    not_refused_before,
    other_organisation,
)
from services.matching.engine.gate.standing import no_conflict, provider_active, states_determined
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.judge import judge as judge_by_law
from services.matching.engine.policy import Decision, Policy
from services.matching.engine.verdicts import Ruling, Verdict


def judge(case: Case) -> tuple[Verdict, ...]:
    """Return what every rule says of the case, in the order of the gate.

    Of a provider that matching has not heard of the law cannot say anything.
    """
    engagement = case.engagement
    return (
        provider_active(engagement),
        capability_published(case),
        other_organisation(case),
        not_excluded(case),
        no_conflict(engagement),
        not_refused_before(case),
        states_determined(engagement),
        *[rule(case) for rule in BEFORE_THE_LAW],
        *_by_law(engagement),
        *[rule(case) for rule in AFTER_THE_LAW],
    )


def standing_verdicts(
    request: Request,
    need: Need,
    attributes: CapabilityAttributes,
    provider: Member | None,
    enterprise: Member | None,
    window: Window,
    policy: Policy,
    decision: Decision | None,
) -> tuple[Verdict, ...]:
    """Return what the rules of standing and law say of a provider already asked or committed."""
    engagement = Engagement(
        request, need, attributes, provider, enterprise, window, policy, decision
    )
    return (
        provider_active(engagement),
        no_conflict(engagement),
        states_determined(engagement),
        *_by_law(engagement),
    )


def ruling_of(verdicts: Iterable[Verdict]) -> Ruling:
    """Return the gravest ruling: failed before review before passed."""
    gravest = Ruling.PASSED
    for verdict in verdicts:
        if verdict.ruling is Ruling.FAILED:
            return Ruling.FAILED
        if verdict.ruling is Ruling.REVIEW:
            gravest = Ruling.REVIEW
    return gravest


def _by_law(engagement: Engagement) -> tuple[Verdict, ...]:
    if engagement.provider is None:
        return ()
    request, required = engagement.request, engagement.need.required
    return judge_by_law(
        engagement.policy.pack,
        LegalCase(
            provider=engagement.provider,
            attributes=engagement.attributes,
            kind=engagement.need.kind,
            host=request.place.country,
            armed=is_armed(required),
            environment=environment_of(required),
            window=engagement.window,
            margin=engagement.policy.margin,
            key_unit=request.terms.designated_key_unit,
            minimum_icoca_class=request.terms.minimum_icoca_class,
            liability_cover=request.terms.liability_cover,
            host_protection=request.host_state_protection,
            decision=engagement.decision,
        ),
    )
