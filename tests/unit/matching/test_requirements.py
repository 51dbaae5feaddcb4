"""Whether attributes meet a requirement, kind by kind."""

import pytest

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    CrisisAttributes,
    CrisisRequirement,
    GuardAttributes,
    GuardRequirement,
    InsuranceAttributes,
    InsuranceRequirement,
    IntelligenceAttributes,
    IntelligenceRequirement,
    MedicalAttributes,
    MedicalRequirement,
    Requirement,
    VehicleAttributes,
    VehicleRequirement,
)
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
from muster.contracts.vocabulary.values import Money
from services.matching.engine.requirements import Comparison, comparisons

ENGLISH = frozenset({"en"})
KHMER = frozenset({"km"})

GUARDS = GuardAttributes("guards", frozenset({"close_protection"}), ENGLISH, armed=False)
VEHICLES = VehicleAttributes("vehicles", Armour.B6, seats=5)
COVER = InsuranceAttributes(
    "insurance",
    frozenset({InsuranceLine.KIDNAP_RANSOM}),
    Money(5_000_000_00, "USD"),
    frozenset({"KH"}),
)
DESK = IntelligenceAttributes(
    "intelligence", frozenset({IntelligenceProduct.ROUTE_SURVEY}), 24, ENGLISH
)
CRISIS = CrisisAttributes("crisis_management", frozenset({CrisisService.HOTLINE}), ENGLISH)
MEDICS = MedicalAttributes(
    "medical_rescue", MedicalLevel.PARAMEDIC, frozenset({MedicalTransport.GROUND}), ENGLISH
)


def cover(
    amount: int, currency: str = "USD", line: InsuranceLine = InsuranceLine.KIDNAP_RANSOM
) -> InsuranceRequirement:
    """Return a need for cover of so much."""
    return InsuranceRequirement("insurance", line, Money(amount * 100, currency))


def mismatches(
    required: Requirement, attributes: CapabilityAttributes, country: Country
) -> list[Comparison]:
    """Return the comparisons that are not met."""
    return [each for each in comparisons(required, attributes, country) if not each.met]


@pytest.mark.parametrize(
    ("required", "attributes"),
    [
        (GuardRequirement("guards"), GUARDS),
        (GuardRequirement("guards", frozenset({"close_protection"}), ENGLISH), GUARDS),
        (GuardRequirement("guards"), GuardAttributes("guards", armed=True)),
        (VehicleRequirement("vehicles", Armour.B4, seats=5), VEHICLES),
        (VehicleRequirement("vehicles", Armour.NONE), VEHICLES),
        (cover(5_000_000), COVER),
        (
            IntelligenceRequirement("intelligence", IntelligenceProduct.ROUTE_SURVEY, 24),
            DESK,
        ),
        (CrisisRequirement("crisis_management", CrisisService.HOTLINE, ENGLISH), CRISIS),
        (MedicalRequirement("medical_rescue", MedicalLevel.FIRST_AID), MEDICS),
        (
            MedicalRequirement(
                "medical_rescue", MedicalLevel.PARAMEDIC, MedicalTransport.GROUND, ENGLISH
            ),
            MEDICS,
        ),
    ],
)
def test_what_meets_a_requirement(required: Requirement, attributes: CapabilityAttributes) -> None:
    """At least what is asked for will do, and more will too."""
    assert mismatches(required, attributes, "KH") == []


@pytest.mark.parametrize(
    ("required", "attributes", "fact", "wanted"),
    [
        (GuardRequirement("guards"), VEHICLES, "kind vehicles", "kind guards"),
        (
            GuardRequirement("guards", frozenset({"k9"})),
            GUARDS,
            "skills close_protection",
            "also k9",
        ),
        (GuardRequirement("guards", languages=KHMER), GUARDS, "languages en", "also km"),
        (GuardRequirement("guards", armed=True), GUARDS, "unarmed", "armed"),
        (
            GuardRequirement("guards", environment=Environment.SEA),
            GUARDS,
            "environments land",
            "sea",
        ),
        (VehicleRequirement("vehicles", Armour.B7), VEHICLES, "armour B6", "armour B7 or better"),
        (VehicleRequirement("vehicles", seats=6), VEHICLES, "5 seats", "6 seats or more"),
        (
            VehicleRequirement("vehicles", environment=Environment.SEA),
            VEHICLES,
            "environment land",
            "environment sea",
        ),
        (
            cover(1, line=InsuranceLine.WAR_RISK),
            COVER,
            "lines kidnap_ransom",
            "war_risk",
        ),
        (
            cover(5_000_001),
            COVER,
            "limit 500000000 USD (minor units)",
            "limit 500000100 USD (minor units) or more",
        ),
        (
            cover(1, "EUR"),
            COVER,
            "limit 500000000 USD (minor units)",
            "limit 100 EUR (minor units) or more",
        ),
        (
            IntelligenceRequirement("intelligence", IntelligenceProduct.MONITORING),
            DESK,
            "products route_survey",
            "monitoring",
        ),
        (
            IntelligenceRequirement("intelligence", IntelligenceProduct.ROUTE_SURVEY, 23),
            DESK,
            "within 24 h",
            "within 23 h",
        ),
        (
            IntelligenceRequirement(
                "intelligence", IntelligenceProduct.ROUTE_SURVEY, languages=KHMER
            ),
            DESK,
            "languages en",
            "also km",
        ),
        (
            CrisisRequirement("crisis_management", CrisisService.NEGOTIATION),
            CRISIS,
            "services hotline",
            "negotiation",
        ),
        (
            CrisisRequirement("crisis_management", CrisisService.HOTLINE, KHMER),
            CRISIS,
            "languages en",
            "also km",
        ),
        (
            MedicalRequirement("medical_rescue", MedicalLevel.DOCTOR),
            MEDICS,
            "level paramedic",
            "doctor or above",
        ),
        (
            MedicalRequirement("medical_rescue", transport=MedicalTransport.AIR),
            MEDICS,
            "transports ground",
            "air",
        ),
        (
            MedicalRequirement("medical_rescue", languages=KHMER),
            MEDICS,
            "languages en",
            "also km",
        ),
    ],
)
def test_what_falls_short_is_named(
    required: Requirement, attributes: CapabilityAttributes, fact: str, wanted: str
) -> None:
    """The explanation says what it is and what was wanted."""
    (found,) = mismatches(required, attributes, "KH")

    assert (found.fact, found.wanted) == (fact, wanted)


def test_cover_must_hold_where_the_request_is() -> None:
    """A policy that does not cover the country covers nothing there."""
    (found,) = mismatches(cover(1), COVER, "LA")

    assert (found.fact, found.wanted) == ("territory KH", "LA")


def test_every_shortcoming_is_named() -> None:
    """Two faults are two mismatches."""
    required = GuardRequirement("guards", frozenset({"k9"}), KHMER, armed=True)

    assert len(mismatches(required, GUARDS, "KH")) == 3


def test_what_is_met_is_told_as_well() -> None:
    """The fact and the wish of everything that was asked for, and of nothing else."""
    required = GuardRequirement("guards", languages=ENGLISH)

    assert comparisons(required, GUARDS, "KH") == [
        Comparison("languages en", "languages en", met=True),
        Comparison("environments land", "land", met=True),
    ]
