"""Typed attributes of each kind: what a capability has, and what a need asks for."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import (
    Armour,
    CrisisService,
    Environment,
    InsuranceLine,
    IntelligenceProduct,
    MedicalLevel,
    MedicalTransport,
)
from muster.contracts.vocabulary.values import STRICT, Language, Money

Skill = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["close_protection"])]
# A class of personal licence or permit as its issuer calls it: HK-A, MY-armed, SG-officer.
PersonnelLicence = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Za-z0-9]{1,20}$")]
Languages = frozenset[Language]


@dataclass(frozen=True)
class GuardAttributes:
    """People who protect. Armed says they are trained and may be armed where the law allows."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["guards"]
    skills: frozenset[Skill] = frozenset()
    languages: Languages = frozenset()
    armed: bool = False
    environments: frozenset[Environment] = frozenset({Environment.LAND})
    # Of the people who would come; empty: not stated.
    nationalities: frozenset[Country] = frozenset()
    personnel_licences: frozenset[PersonnelLicence] = frozenset()


@dataclass(frozen=True)
class VehicleAttributes:
    """Vehicles or vessels, each with its crew."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["vehicles"]
    armour: Armour = Armour.NONE
    seats: Annotated[int, Field(ge=1, le=500)] = 4
    environment: Environment = Environment.LAND


@dataclass(frozen=True)
class InsuranceAttributes:
    """Cover that can be bound: lines, the highest limit, territory."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["insurance"]
    lines: Annotated[frozenset[InsuranceLine], Field(min_length=1)]
    limit: Money
    territory: Annotated[frozenset[Country], Field(min_length=1)]


@dataclass(frozen=True)
class IntelligenceAttributes:
    """A desk that writes products within a turnaround in hours."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["intelligence"]
    products: Annotated[frozenset[IntelligenceProduct], Field(min_length=1)]
    turnaround_hours: Annotated[int, Field(ge=1, le=8760)]
    languages: Languages = frozenset()


@dataclass(frozen=True)
class CrisisAttributes:
    """A crisis-management team."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["crisis_management"]
    services: Annotated[frozenset[CrisisService], Field(min_length=1)]
    languages: Languages = frozenset()


@dataclass(frozen=True)
class MedicalAttributes:
    """A medical team, its level of care and its transport."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["medical_rescue"]
    level: MedicalLevel
    transports: frozenset[MedicalTransport] = frozenset()
    languages: Languages = frozenset()


CapabilityAttributes = Annotated[
    GuardAttributes
    | VehicleAttributes
    | InsuranceAttributes
    | IntelligenceAttributes
    | CrisisAttributes
    | MedicalAttributes,
    Field(discriminator="kind"),
]


@dataclass(frozen=True)
class GuardRequirement:
    """Asks for people with all of these skills and languages."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["guards"]
    skills: frozenset[Skill] = frozenset()
    languages: Languages = frozenset()
    armed: bool = False
    environment: Environment = Environment.LAND


@dataclass(frozen=True)
class VehicleRequirement:
    """Asks for at least this armour and this many seats in each."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["vehicles"]
    armour: Armour = Armour.NONE
    seats: Annotated[int, Field(ge=1, le=500)] = 1
    environment: Environment = Environment.LAND


@dataclass(frozen=True)
class InsuranceRequirement:
    """Asks for cover of this line up to this limit, valid where the request is."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["insurance"]
    line: InsuranceLine
    limit: Money


@dataclass(frozen=True)
class IntelligenceRequirement:
    """Asks for a product within so many hours."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["intelligence"]
    product: IntelligenceProduct
    within_hours: Annotated[int, Field(ge=1, le=8760)] = 72
    languages: Languages = frozenset()


@dataclass(frozen=True)
class CrisisRequirement:
    """Asks for a service of a crisis-management team."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["crisis_management"]
    service: CrisisService
    languages: Languages = frozenset()


@dataclass(frozen=True)
class MedicalRequirement:
    """Asks for at least this level of care, with this transport."""

    __pydantic_config__: ClassVar = STRICT
    kind: Literal["medical_rescue"]
    level: MedicalLevel = MedicalLevel.FIRST_AID
    transport: MedicalTransport = MedicalTransport.NONE
    languages: Languages = frozenset()


Requirement = Annotated[
    GuardRequirement
    | VehicleRequirement
    | InsuranceRequirement
    | IntelligenceRequirement
    | CrisisRequirement
    | MedicalRequirement,
    Field(discriminator="kind"),
]
