"""Other rules than the usual ones, for the law changes while requests wait and people work."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from services.matching.engine.law.rules import Confidence, ForeignDemand, Rule, RulePack, Stance
from services.matching.rule_pack import load_rule_pack


@cache
def packs() -> Sequence[RulePack]:
    """Return the usual rules, the same in other words, and some that bar foreigners for sure."""
    usual = load_rule_pack()
    licence = next(rule for rule in usual.rules if rule.rule_id == "kh.licence")
    reworded = replace(licence, summary="In other words.", fingerprint="reworded")
    barred = replace(
        licence,
        rule_id="kh.foreign",
        demand=ForeignDemand(Stance.BARRED),
        confidence=Confidence.HIGH,
        fingerprint="barred",
    )
    others = tuple(rule for rule in usual.rules if rule is not licence)
    return (
        usual,
        _pack(usual, "reworded", *others, reworded),
        _pack(usual, "barred", *usual.rules, barred),
    )


def _pack(usual: RulePack, version: str, *rules: Rule) -> RulePack:
    ordered = tuple(sorted(rules, key=lambda rule: rule.rule_id))
    return replace(usual, version=version, rules=ordered)
