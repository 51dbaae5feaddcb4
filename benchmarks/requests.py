"""Questions to search for, drawn at random: whatever an enterprise may ask of the alliance."""

import random
from datetime import timedelta

from benchmarks.alliance import (
    COUNTRIES,
    COUNTRY_SHARES,
    KIND_SHARES,
    KINDS,
    LANGUAGES,
    NOW,
    SKILLS,
    cities,
)
from muster.contracts.vocabulary.attributes import (
    CrisisRequirement,
    GuardRequirement,
    InsuranceRequirement,
    IntelligenceRequirement,
    MedicalRequirement,
    Requirement,
    VehicleRequirement,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import (
    Armour,
    CapabilityKind,
    CrisisService,
    IcocaClass,
    InsuranceLine,
    IntelligenceProduct,
    MedicalLevel,
    MedicalTransport,
)
from muster.contracts.vocabulary.statuses import MemberStatus
from muster.contracts.vocabulary.values import Money, Place, Window
from services.matching.domain.member import Member
from services.matching.domain.terms import HostStateProtection, Terms
from services.matching.engine.index import Search

ENTERPRISE = Member(OrganisationId("org_asking"), 1, "", "SG", MemberStatus.ACTIVE)


def questions(count: int, seed: int = 2) -> list[Search]:
    """Return so many searches; kinds and places are spread as the capabilities are."""
    draw = random.Random(seed)
    return [_question(draw) for _ in range(count)]


def _question(draw: random.Random) -> Search:
    host = draw.choices(COUNTRIES, COUNTRY_SHARES)[0]
    required = _requirement(draw, draw.choices(KINDS, KIND_SHARES)[0], host)
    start = NOW + timedelta(hours=draw.choice((12, 24, 48, 72, 24 * 7, 24 * 30)))
    window = Window(start, start + timedelta(hours=draw.choice((8, 24, 72, 240))))
    late = draw.random() < 0.1  # an emergency: better late than never
    return Search(
        required=required,
        preferred=_preferred(draw, required),
        quantity=draw.randint(1, 6),
        place=Place(host, draw.choice(cities()[host])),
        window=window,
        wanted_by=window.ends_at if late else window.starts_at,
        now=NOW,
        enterprise_id=ENTERPRISE.organisation_id,
        enterprise=ENTERPRISE,
        terms=Terms(
            budget=draw.choice((None, Money(draw.randint(5, 500) * 10_000, "USD"))),
            minimum_icoca_class=IcocaClass.MEMBER if draw.random() < 0.1 else None,
            liability_cover=Money(200_000_000, "USD") if draw.random() < 0.1 else None,
        ),
        excluded=frozenset(
            OrganisationId(f"org_{draw.randrange(100):032x}") for _ in range(draw.choice((0, 0, 2)))
        ),
        host_protection=HostStateProtection("police", "cannot", NOW),
    )


def _preferred(draw: random.Random, required: Requirement) -> Requirement | None:
    if not isinstance(required, GuardRequirement) or draw.random() < 0.5:
        return None
    return GuardRequirement(
        "guards",
        required.skills | {draw.choice(SKILLS)},
        required.languages | {"en"},
        required.armed,
        required.environment,
    )


def _requirement(draw: random.Random, kind: CapabilityKind, host: Country) -> Requirement:
    spoken = draw.choice((LANGUAGES[host][0], "en"))
    languages = frozenset({spoken} if draw.random() < 0.7 else ())
    match kind:
        case CapabilityKind.GUARDS:
            skills = frozenset(draw.sample(SKILLS, draw.choice((0, 1, 1, 2))))
            return GuardRequirement("guards", skills, languages, draw.random() < 0.15)
        case CapabilityKind.VEHICLES:
            return VehicleRequirement("vehicles", draw.choice(tuple(Armour)), draw.randint(1, 8))
        case CapabilityKind.INSURANCE:
            limit = Money(draw.choice((1, 5, 10)) * 100_000_000, "USD")
            return InsuranceRequirement("insurance", draw.choice(tuple(InsuranceLine)), limit)
        case CapabilityKind.INTELLIGENCE:
            product = draw.choice(tuple(IntelligenceProduct))
            return IntelligenceRequirement("intelligence", product, 72, languages)
        case CapabilityKind.CRISIS_MANAGEMENT:
            return CrisisRequirement(
                "crisis_management", draw.choice(tuple(CrisisService)), languages
            )
        case CapabilityKind.MEDICAL_RESCUE:
            transport = draw.choice(tuple(MedicalTransport))
            level = draw.choice(tuple(MedicalLevel))
            return MedicalRequirement("medical_rescue", level, transport, languages)
