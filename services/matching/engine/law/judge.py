"""What the law says of a case: one verdict for each rule that applies, in a fixed order."""

from collections.abc import Iterator

from muster.contracts.vocabulary.kinds import AuthorisationKind, CapabilityKind, InsuranceLine
from services.matching.engine.law.case import LegalCase, described
from services.matching.engine.law.evidence import (
    Evidence,
    cover_papers,
    standing_papers,
)
from services.matching.engine.law.reading import readings, wanted_by
from services.matching.engine.law.rules import Applicable, Aspect, CoverDemand, Rule, RulePack
from services.matching.engine.law.wording import money
from services.matching.engine.policy import Decision
from services.matching.engine.verdicts import Ruling, Verdict

# The code of conduct is one for those who guard people and move them: an insurer, a desk or a
# doctor cannot be a member, so a term on it does not concern them.
CODE_OF_CONDUCT_KINDS = frozenset({CapabilityKind.GUARDS, CapabilityKind.VEHICLES})

_LIABILITY = CoverDemand(InsuranceLine.LIABILITY)


def judge(pack: RulePack, case: LegalCase) -> tuple[Verdict, ...]:
    """Return what every rule that applies says, passed ones too.

    First the alliance's rules, then the national ones, each by id; then the aspects on which the
    host has no rule but must have one; last the request's own terms.
    """
    applicable = pack.applying(case.circumstances)
    verdicts = _by_rules(applicable, case)
    verdicts.extend([_silence(aspect, case) for aspect in applicable.missing])
    verdicts.extend(_terms(case))
    return tuple(verdicts)


def ruling_on(rule: Rule, found: Evidence, case: LegalCase) -> Ruling:
    """Return what the rule says of this evidence, before any decision."""
    if not rule.is_enforced or found.met is None:
        return Ruling.REVIEW
    return Ruling.PASSED if found.met and _all_hold(found, case) else Ruling.FAILED


def decided(ruling: Ruling, key: str, decision: Decision | None) -> Ruling:
    """Return the ruling after the decision: only a review of a key that it names is settled."""
    if ruling is not Ruling.REVIEW or decision is None or key not in decision.keys:
        return ruling
    return Ruling.PASSED if decision.cleared else Ruling.FAILED


def silence_id(aspect: Aspect, case: LegalCase) -> str:
    """Return the id under which the lack of a national rule is judged."""
    return f"no_rule.{case.host.lower()}.{aspect.value}"


def silence_key(rule_id: str) -> str:
    """Return what a decision about the lack of a rule names; a rule that comes has another key."""
    return f"{rule_id}@none"


def _all_hold(found: Evidence, case: LegalCase) -> bool:
    return all(any(map(case.holds, group)) for group in found.groups)


def _by_rules(applicable: Applicable, case: LegalCase) -> list[Verdict]:
    """Return what the rules say, from what is kept of them: most of what is judged, is judged here.

    As `ruling_on` says it of evidence.
    """
    window, found = case.window, []
    last = None if window is None else window.ends_at + case.margin
    told = wanted_by(applicable, window, case.margin)
    for rule, seen, wanted in zip(applicable.rules, readings(applicable, case), told, strict=True):
        if not rule.is_enforced or seen.met is None:
            ruling = Ruling.REVIEW
        elif seen.met and (
            seen.is_verified
            if window is None or last is None
            else seen.holds(window.starts_at, last)
        ):
            ruling = Ruling.PASSED
        else:
            ruling = Ruling.FAILED
        verdict = Verdict(rule.rule_id, ruling, seen.fact, wanted, rule.key)
        found.append(verdict if case.decision is None else _settled(verdict, case))
    return found


def _silence(aspect: Aspect, case: LegalCase) -> Verdict:
    rule_id = silence_id(aspect, case)
    seen = f"no rule of {case.host} on {aspect.value} for {case.kind.value} is in the rule pack"
    asked = "an operator's decision, or a rule with its source in the rule pack"
    return _settled(Verdict(rule_id, Ruling.REVIEW, seen, asked, silence_key(rule_id)), case)


def _settled(verdict: Verdict, case: LegalCase) -> Verdict:
    decision = case.decision
    if decision is None:
        return verdict
    ruling = decided(verdict.ruling, verdict.key, decision)
    if ruling is verdict.ruling:
        return verdict
    word = "cleared" if decision.cleared else "refused"
    seen = f"{verdict.fact}; {word} by an operator ({decision.review_id}): {decision.reason}"
    return Verdict(verdict.rule, ruling, seen, verdict.wanted, verdict.key)


def _terms(case: LegalCase) -> Iterator[Verdict]:
    minimum, limit = case.minimum_icoca_class, case.liability_cover
    if minimum is not None and case.kind in CODE_OF_CONDUCT_KINDS:
        papers = standing_papers(case, minimum)
        yield Verdict(
            "request.standing",
            Ruling.PASSED if any(map(case.holds, papers)) else Ruling.FAILED,
            described(case.papers_of(AuthorisationKind.ICOCA)),
            f"ICoCA class {minimum.value} or better, {case.until} (a term of the request)",
        )
    if limit is not None:
        papers = cover_papers(case, _LIABILITY, limit)
        yield Verdict(
            "request.cover",
            Ruling.PASSED if any(map(case.holds, papers)) else Ruling.FAILED,
            described(case.papers_of(AuthorisationKind.INSURANCE_POLICY)),
            f"a liability policy for {money(limit)} or more in {case.host}"
            f"{', arms not excluded' if case.armed else ''}, {case.until} (a term of the request)",
        )
