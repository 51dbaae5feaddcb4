"""What a rule pack is made of. The packs themselves are data, in services/matching/rules/."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from muster.contracts.vocabulary.countries import ALLIANCE, Country
from muster.contracts.vocabulary.kinds import (
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
)
from services.matching.engine.law.forbidden import StatePower

EVERYWHERE = "*"  # the jurisdiction of the alliance's own rules


class Confidence(StrEnum):
    """How sure we are of a rule. Only a rule of high confidence is enforced."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Stance(StrEnum):
    """How a jurisdiction stands towards foreign or armed service."""

    ALLOWED = "allowed"
    PERMIT_NEEDED = "permit_needed"
    JOINT_VENTURE_ONLY = "joint_venture_only"
    BARRED = "barred"


class Aspect(StrEnum):
    """Which question of law a rule answers."""

    LICENCE = "licence"
    FOREIGN = "foreign"
    ARMED = "armed"
    PERSONNEL = "personnel"
    ABROAD = "abroad"
    STANDING = "standing"
    COVER = "cover"
    HOST_PROTECTION = "host_protection"


@dataclass(frozen=True)
class LicenceDemand:
    """A verified licence or permit of the host for the activity, for arms too if armed."""

    aspect = Aspect.LICENCE


@dataclass(frozen=True)
class ForeignDemand:
    """How the host treats a provider whose home is elsewhere."""

    stance: Stance
    aspect = Aspect.FOREIGN


@dataclass(frozen=True)
class ArmedDemand:
    """How the host treats armed service."""

    stance: Stance
    aspect = Aspect.ARMED


@dataclass(frozen=True)
class PersonnelDemand:
    """Who may serve: people with one of these licences, or else of these nationalities only."""

    nationalities: frozenset[Country] = frozenset()
    licences: frozenset[str] = frozenset()
    aspect = Aspect.PERSONNEL


@dataclass(frozen=True)
class AbroadDemand:
    """The home state's permit for serving abroad; the rule's jurisdiction is the home state."""

    aspect = Aspect.ABROAD


@dataclass(frozen=True)
class StandingDemand:
    """An ICoCA class of at least this, and one of the standards of the environment."""

    minimum_class: IcocaClass | None = None
    standards: Mapping[Environment, frozenset[str]] = field(default_factory=dict)
    aspect = Aspect.STANDING


@dataclass(frozen=True)
class CoverDemand:
    """A policy of this line that holds in the host state and, for armed work, covers arms."""

    line: InsuranceLine
    aspect = Aspect.COVER


@dataclass(frozen=True)
class HostProtectionDemand:
    """A record in the request that the host state cannot protect."""

    aspect = Aspect.HOST_PROTECTION


Demand = (
    LicenceDemand
    | ForeignDemand
    | ArmedDemand
    | PersonnelDemand
    | AbroadDemand
    | StandingDemand
    | CoverDemand
    | HostProtectionDemand
)


class Circumstances(NamedTuple):
    """What decides which rules apply: where, from where, what kind of work, and how."""

    host: Country
    home: Country
    kind: CapabilityKind
    armed: bool = False
    environment: Environment | None = None
    key_unit: bool = False


@dataclass(frozen=True)
class Rule:
    """One rule of one jurisdiction.

    It applies to these kinds of work, and where stated only to armed (or unarmed) work, to one
    environment, or to designated key units. `conditions` are what whoever verifies a paper must
    check, for no paper on record says it. `fingerprint` changes with its content, so that a
    decision an operator took under an older wording is not taken for one under this.
    """

    rule_id: str
    jurisdiction: str  # a country, or EVERYWHERE
    kinds: frozenset[CapabilityKind]
    demand: Demand
    source: str
    stated_on: date
    confidence: Confidence
    summary: str
    fingerprint: str
    armed: bool | None = None
    environment: Environment | None = None
    key_units_only: bool = False
    conditions: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """Return what a decision about it names: the rule and its wording."""
        return f"{self.rule_id}@{self.fingerprint}"

    @cached_property
    def is_enforced(self) -> bool:
        """Tell whether it decides by itself; else a person does."""
        return self.confidence is Confidence.HIGH

    @cached_property
    def basis(self) -> str:
        """Return what to know besides its demand: conditions, source, date and confidence."""
        conditions = f"; verified with it: {'; '.join(self.conditions)}" if self.conditions else ""
        person = "" if self.is_enforced else ", so a person decides"
        return (
            f"{conditions} ({self.source}; stated {self.stated_on.isoformat()}; "
            f"confidence {self.confidence}{person})"
        )

    def applies_to(self, case: Circumstances) -> bool:
        """Tell whether it has a say here.

        The rules of the host and of the alliance do; of the home state's, those on serving abroad.
        """
        return self._has_a_say(case) and (
            case.kind in self.kinds
            and self.armed in (None, case.armed)
            and self.environment in (None, case.environment)
            and (case.key_unit or not self.key_units_only)
        )

    def _has_a_say(self, case: Circumstances) -> bool:
        foreign = case.home != case.host
        if self.demand.aspect is Aspect.ABROAD:
            return foreign and self.jurisdiction in (EVERYWHERE, case.home)
        if self.demand.aspect is Aspect.FOREIGN and not foreign:
            return False
        if self.demand.aspect is Aspect.ARMED and not case.armed:
            return False
        return self.jurisdiction in (EVERYWHERE, case.host)


@dataclass(frozen=True, eq=False)
class Applicable:
    """The rules that apply, in order, and the aspects on which the host has none but must.

    First the alliance's own rules, then the national ones, each by id. A rule pack makes one for
    each circumstances, and it equals no other: so what follows from it can be kept under it.
    """

    circumstances: Circumstances
    rules: tuple[Rule, ...]
    missing: tuple[Aspect, ...]


@dataclass(frozen=True)
class RulePack:
    """All rules in force. `version` changes with any of them."""

    version: str
    rules: tuple[Rule, ...]
    state_power: StatePower = field(default_factory=StatePower)

    def applying(self, case: Circumstances) -> Applicable:
        """Return what applies here; quick, for every answer is kept."""
        known = self._answers.get(case)
        if known is None:
            known = self._answers.setdefault(case, self._select(case))
        return known

    @cached_property
    def _answers(self) -> dict[Circumstances, Applicable]:
        return {}

    def _select(self, case: Circumstances) -> Applicable:
        applying = [rule for rule in self.rules if rule.applies_to(case)]
        applying.sort(key=lambda rule: (rule.jurisdiction != EVERYWHERE, rule.rule_id))
        answered = {r.demand.aspect for r in applying if r.jurisdiction == case.host}
        return Applicable(
            case,
            tuple(applying),
            tuple(aspect for aspect in _must_be_answered(case) if aspect not in answered),
        )


def _must_be_answered(case: Circumstances) -> tuple[Aspect, ...]:
    """Return the aspects on which silence of the host's law is no consent."""
    if case.kind is not CapabilityKind.GUARDS:
        # Where the alliance is at home, its own demand of a licence says enough of other work.
        return () if case.host in ALLIANCE else (Aspect.LICENCE,)
    wanted = [Aspect.LICENCE]
    if case.home != case.host:
        wanted.append(Aspect.FOREIGN)
    if case.armed:
        wanted.append(Aspect.ARMED)
    return tuple(wanted)
