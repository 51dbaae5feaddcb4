"""What the law will say of a provider, as a function of time.

A search cannot put everybody's case to the rules of law: they are plain Python, made to be read. So
a case is put when a provider comes into the index, once for each way in which such work may be
asked for, and the answer is kept with the spans of time for which it holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import product
from typing import NamedTuple

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    GuardAttributes,
    VehicleAttributes,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind, Environment, IcocaClass, InsuranceLine
from muster.contracts.vocabulary.values import EARLIEST
from services.matching.domain.member import Member, Paper
from services.matching.domain.terms import HostStateProtection
from services.matching.engine.index.instants import EVER, NEVER, Span, length, span
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.evidence import cover_papers, evidence, standing_papers
from services.matching.engine.law.judge import decided, ruling_on, silence_id, silence_key
from services.matching.engine.law.rules import (
    EVERYWHERE,
    Aspect,
    Circumstances,
    CoverDemand,
    Rule,
    RulePack,
)
from services.matching.engine.policy import Decision
from services.matching.engine.verdicts import Ruling

# What the law says, where it does not name the rule that fails.
CLEAR = "clear"
REVIEW = "review"

ALWAYS: Span = (NEVER, EVER)
_BROUGHT = HostStateProtection("", "", EARLIEST)
_LIABILITY = CoverDemand(InsuranceLine.LIABILITY)


class Way(NamedTuple):
    """One way in which work of a kind may be asked for, as far as the law tells them apart."""

    armed: bool
    environment: Environment | None
    key_unit: bool


class Outlook(NamedTuple):
    """CLEAR, REVIEW, or the rule that fails; and for which windows: those within one of the spans.

    For other windows a rule fails, `otherwise` for one; margins are taken off already. A record
    that the host state cannot protect is taken to be there.
    """

    says: str
    spans: tuple[Span, ...] = (ALWAYS,)
    otherwise: str = CLEAR


@dataclass(frozen=True)
class Lawyer:
    """Puts cases to the rules of this pack; papers must outlast the work by the margin."""

    pack: RulePack
    margin: timedelta

    def ways(self, attributes: CapabilityAttributes, host: Country) -> tuple[Way, ...]:
        """Return every way in which this capability may be asked for."""
        arms: tuple[bool, ...] = (False,)
        places: tuple[Environment | None, ...] = (None,)
        if isinstance(attributes, GuardAttributes):
            arms = (False, True) if attributes.armed else (False,)
            places = tuple(sorted(attributes.environments))
        elif isinstance(attributes, VehicleAttributes):
            places = (attributes.environment,)
        units = (False, True) if self.minds_key_units(host) else (False,)
        return tuple([Way(*each) for each in product(arms, places, units)])

    def minds_key_units(self, host: Country) -> bool:
        """Tell whether it makes a difference there that a unit is designated a key unit."""
        return not self._minding.isdisjoint((EVERYWHERE, host))

    @cached_property
    def _minding(self) -> frozenset[str]:
        return frozenset(rule.jurisdiction for rule in self.pack.rules if rule.key_units_only)

    def outlook(self, case: LegalCase) -> Outlook:
        """Return what the law says in this case, which has no window, whatever the time."""
        applicable = self.pack.applying(case.circumstances)
        within: tuple[Span, ...] = (ALWAYS,)
        says, otherwise, until = CLEAR, CLEAR, EVER
        for rule in applicable.rules:
            found = evidence(rule.demand, case)
            ruling = ruling_on(rule, found, case)
            if ruling is Ruling.PASSED:
                for group in found.groups:
                    spans = self.spans(filter(case.holds, group))
                    within = _both(within, spans)
                    if spans[-1][1] < until:
                        until, otherwise = spans[-1][1], rule.rule_id
            else:
                ruling = decided(ruling, rule.key, case.decision)
            if ruling is Ruling.FAILED:
                return Outlook(rule.rule_id)
            says = REVIEW if ruling is Ruling.REVIEW else says
        for aspect in applicable.missing:
            silence = silence_id(aspect, case)
            ruling = decided(Ruling.REVIEW, silence_key(silence), case.decision)
            if ruling is Ruling.FAILED:
                return Outlook(silence)
            says = REVIEW if ruling is Ruling.REVIEW else says
        return Outlook(says, within, otherwise) if within else Outlook(otherwise)

    def unprotected(self, kind: CapabilityKind, host: Country, way: Way) -> tuple[Rule, ...]:
        """Return what fails without a record that the host state cannot protect.

        That is the rule, after those that come before it; none if no rule asks for a record.
        """
        asked = Circumstances(host, host, kind, way.armed, way.environment, way.key_unit)
        rules = self.pack.applying(asked).rules
        for place, rule in enumerate(rules):
            if rule.demand.aspect is Aspect.HOST_PROTECTION and rule.is_enforced:
                return rules[: place + 1]
        return ()

    def spans(self, papers: Iterable[Paper]) -> tuple[Span, ...]:
        """Return within which spans work must lie for one of these papers to hold, in order."""
        margin = length(self.margin)
        found = []
        for paper in papers:
            since, until = span(paper.valid)
            found.append((since, until - margin))
        return _widest(found)


def legal_case(
    provider: Member,
    attributes: CapabilityAttributes,
    kind: CapabilityKind,
    host: Country,
    way: Way,
    decision: Decision | None,
) -> LegalCase:
    """Return the case of a provider who works in this way, whatever the time."""
    return LegalCase(
        provider=provider,
        attributes=attributes,
        kind=kind,
        host=host,
        armed=way.armed,
        environment=way.environment,
        key_unit=way.key_unit,
        host_protection=_BROUGHT,
        decision=decision,
    )


def conduct(case: LegalCase) -> Sequence[Paper]:
    """Return the verified papers on the provider's standing with the code of conduct."""
    return [paper for paper in standing_papers(case, IcocaClass.AFFILIATE) if case.holds(paper)]


def cover(case: LegalCase) -> Sequence[Paper]:
    """Return the verified liability policies that pay for this work."""
    return [paper for paper in cover_papers(case, _LIABILITY) if case.holds(paper)]


def _both(some: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans that lie within one of each."""
    shared = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return _widest([each for each in shared if each[0] < each[1]])


def _widest(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans that lie in no other, in order."""
    if len(spans) == 1:
        return (spans[0],)
    kept: list[Span] = []
    for since, until in sorted(spans, key=lambda each: (each[0], -each[1])):
        if not kept or until > kept[-1][1]:
            kept.append((since, until))
    return tuple(kept)
