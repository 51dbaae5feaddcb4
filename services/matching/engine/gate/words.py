"""The verdicts of the engine's own rules: yes or no, for these leave nothing to a person."""

from services.matching.engine.verdicts import Ruling, Verdict


def verdict(rule: str, holds: bool, fact: str, wanted: str) -> Verdict:
    """Return what a rule says."""
    return Verdict(rule, Ruling.PASSED if holds else Ruling.FAILED, fact, wanted)


def passed(rule: str, fact: str, wanted: str) -> Verdict:
    """Return what a rule says of all that pass it with this fact."""
    return Verdict(rule, Ruling.PASSED, fact, wanted)


def failed_instead_of(passing: Verdict, fact: str) -> Verdict:
    """Return what the same rule says where this fact stands in the way."""
    return Verdict(passing.rule, Ruling.FAILED, fact, passing.wanted)
