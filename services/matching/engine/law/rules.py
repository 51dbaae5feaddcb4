"""What a rule pack is made of. The packs themselves are data, in services/matching/rules/."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import (
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
)

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


@dataclass(frozen=True)
class Rule:
    """One rule of one jurisdiction.

    It applies to these kinds of work, and where stated only to armed (or unarmed) work, to one
    environment, or to designated key units. `fingerprint` changes with its content, so that a
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


@dataclass(frozen=True)
class RulePack:
    """All rules in force. `version` changes with any of them."""

    version: str
    rules: tuple[Rule, ...]
