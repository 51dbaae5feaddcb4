"""How the rules in force look from outside."""

from datetime import date
from typing import Annotated

from pydantic import Field

from muster.contracts.event import Contract
from muster.contracts.vocabulary.kinds import CapabilityKind, Environment
from services.matching.engine.law.rules import Aspect, Confidence, Rule, RulePack


class RuleView(Contract):
    """One rule. Only one of high confidence decides by itself; others leave it to an operator."""

    rule: str
    jurisdiction: Annotated[str, Field(description="a country, or * for the alliance's own rules")]
    aspect: Aspect
    kinds: tuple[CapabilityKind, ...]
    armed: Annotated[bool | None, Field(description="null: armed work and unarmed work alike")]
    environment: Environment | None
    key_units_only: bool
    summary: str
    conditions: tuple[str, ...]
    source: str
    stated_on: date
    confidence: Confidence

    @classmethod
    def of(cls, rule: Rule) -> "RuleView":
        """Return the view of a rule."""
        return cls(
            rule=rule.rule_id,
            jurisdiction=rule.jurisdiction,
            aspect=rule.demand.aspect,
            kinds=tuple(sorted(rule.kinds)),
            armed=rule.armed,
            environment=rule.environment,
            key_units_only=rule.key_units_only,
            summary=rule.summary,
            conditions=rule.conditions,
            source=rule.source,
            stated_on=rule.stated_on,
            confidence=rule.confidence,
        )


class RulesView(Contract):
    """The rules this process judges by."""

    version: str
    rules: tuple[RuleView, ...]

    @classmethod
    def of(cls, pack: RulePack) -> "RulesView":
        """Return the view of a rule pack."""
        return cls(version=pack.version, rules=tuple(map(RuleView.of, pack.rules)))
