"""Turns what the engine says against somebody into what is kept, asked and told of it."""

from collections.abc import Iterable

from muster.contracts import matching as said
from services.matching.domain.finding import Finding
from services.matching.engine.law.rules import RulePack
from services.matching.engine.verdicts import Verdict


def findings_of(verdicts: Iterable[Verdict], pack: RulePack) -> tuple[Finding, ...]:
    """Return the verdicts with what is known of their rules, each rule once."""
    rules = {rule.rule_id: rule for rule in pack.rules}
    found: dict[tuple[str, str], Finding] = {}
    for verdict in verdicts:
        rule = rules.get(verdict.rule)
        finding = Finding(verdict.rule, verdict.fact, verdict.wanted, verdict.key)
        if rule is not None:
            finding = Finding(
                verdict.rule,
                verdict.fact,
                verdict.wanted,
                verdict.key,
                rule.summary,
                rule.source,
                rule.stated_on,
                rule.confidence.value,
            )
        found.setdefault((verdict.rule, verdict.key), finding)
    return tuple(found.values())


def told(findings: Iterable[Finding]) -> tuple[said.Finding, ...]:
    """Return the findings as an event carries them."""
    return tuple(
        said.Finding(rule=each.rule, fact=each.fact, wanted=each.wanted) for each in findings
    )
