"""What an enterprise may see of an explanation: the rules and what they want, not other members.

Names of members it has no offer from, the facts of anybody's papers, bases and prices, and how
members fared elsewhere are these members' own affair.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from services.matching.domain.request import Shortfall
from services.matching.engine.verdicts import (
    Consideration,
    Explanation,
    NeedExplanation,
    Score,
    Verdict,
)

# What these want is the request's own wish, or the same for everybody.
_OPEN_RULES = frozenset(
    {
        "provider_active",
        "capability_published",
        "other_organisation",
        "not_excluded",
        "no_conflict",
        "not_refused_before",
        "states_determined",
        "attributes",
        "coverage_country",
        "arrival",
        "available",
        "no_blackout",
    }
)
_OPEN_LAW = ("alliance", "request", "no_rule")
_OWN_AFFAIRS = frozenset({"quality", "fairness"})  # components of a score


class Veil:
    """Puts an alias in the place of each unknown member, the same one throughout.

    `host` is where the work is: its law is no secret, but the law of a member's home tells which.
    """

    def __init__(self, known: frozenset[str], host: Country) -> None:
        self._known = known
        self._open_law = (*_OPEN_LAW, host.lower())
        self._aliases: dict[str, str] = {}
        self._used: Counter[str] = Counter()

    def over(self, explanation: Explanation) -> Explanation:
        """Return the explanation with everything hidden that is not for the enterprise.

        How the allocation ended it may know, but not its figures: they are sums of the scores of
        members it does not know, and of those that serve other enterprises.
        """
        return replace(
            explanation,
            needs=tuple(map(self._over_need, explanation.needs)),
            solver=explanation.solver.partition(":")[0],
        )

    def provider(self, provider_id: OrganisationId) -> OrganisationId:
        """Return how a member is called."""
        if provider_id in self._known:
            return provider_id
        return OrganisationId(self._alias("member", provider_id))

    def capability(self, capability_id: CapabilityId, provider_id: OrganisationId) -> CapabilityId:
        """Return how a capability of this member is called."""
        if provider_id in self._known:
            return capability_id
        return CapabilityId(self._alias("capability", capability_id))

    def over_shortfalls(self, shortfalls: Iterable[Shortfall]) -> tuple[Shortfall, ...]:
        """Return the shortfalls with reasons that tell nobody's home."""
        return tuple(replace(each, reasons=self._counts(each.reasons)) for each in shortfalls)

    def _over_need(self, need: NeedExplanation) -> NeedExplanation:
        return replace(
            need,
            considered=tuple(map(self._over_candidate, need.considered)),
            beyond=self._counts(need.beyond),
        )

    def _counts(self, by_rule: Mapping[str, int]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for rule, number in by_rule.items():
            counts[self._rule(rule)] += number
        return dict(sorted(counts.items()))

    def _over_candidate(self, candidate: Consideration) -> Consideration:
        known = candidate.provider_id in self._known
        return replace(
            candidate,
            provider_id=self.provider(candidate.provider_id),
            capability_id=self.capability(candidate.capability_id, candidate.provider_id),
            verdicts=tuple(map(self._over_verdict, candidate.verdicts)),
            score=_over_score(candidate.score) if known else None,
            behind_by=None,
            arrives_at=candidate.arrives_at if known else None,
        )

    def _over_verdict(self, verdict: Verdict) -> Verdict:
        rule = self._rule(verdict.rule)
        is_open = rule == verdict.rule and ("." in rule or rule in _OPEN_RULES)
        return Verdict(rule, verdict.ruling, "", verdict.wanted if is_open else "")

    def _rule(self, rule: str) -> str:
        """Return the name of a rule; one of another country's law could tell a member's home."""
        jurisdiction, dot, aspect = rule.partition(".")
        if not dot or jurisdiction in self._open_law:
            return rule
        return f"home_state.{aspect}"

    def _alias(self, word: str, identifier: str) -> str:
        """Return ``member 3`` and the like: the third of its word to be mentioned."""
        if identifier not in self._aliases:
            self._used[word] += 1
            self._aliases[identifier] = f"{word} {self._used[word]}"
        return self._aliases[identifier]


def _over_score(score: Score | None) -> Score | None:
    if score is None:
        return None
    shown = {name: part for name, part in score.components.items() if name not in _OWN_AFFAIRS}
    return replace(score, components=shown)
