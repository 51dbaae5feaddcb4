"""Random members, capabilities and requests, drawn so that every rule has its say now and then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

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
from muster.contracts.vocabulary.identifiers import (
    CapabilityId,
    NeedId,
    OrganisationId,
    RequestId,
    ReviewId,
)
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
    Urgency,
)
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    CapabilityStatus,
    MemberStatus,
)
from muster.contracts.vocabulary.values import Coverage, Money, Place, Position, Price, Window
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member, Paper
from services.matching.domain.request import Need, Request
from services.matching.domain.terms import HostStateProtection, Principal, Terms
from services.matching.engine.policy import Decision, Matter, Standing
from tests.stores import START

T = TypeVar("T")

COUNTRIES: tuple[Country, ...] = ("KH", "VN", "SG", "MY", "CN", "HK", "IN", "TH")
HOSTS: tuple[Country, ...] = ("KH", "SG", "MY", "CN", "HK", "TH")
_PLACES = {
    "KH": (11.56, 104.92),
    "VN": (10.78, 106.7),
    "SG": (1.35, 103.82),
    "MY": (3.14, 101.69),
    "CN": (31.23, 121.47),
    "HK": (22.3, 114.17),
    "IN": (19.07, 72.88),
    "TH": (13.76, 100.5),
}
_SKILLS = ("close_protection", "driving", "medic", "k9")
_LANGUAGES = ("en", "km", "zh")
_CURRENCIES = ("USD", "USD", "USD", "SGD")


@dataclass(frozen=True)
class World:
    """Who there is, and what is asked."""

    members: Mapping[OrganisationId, Member]
    capabilities: tuple[Capability, ...]
    decisions: Mapping[Matter, Decision]
    standings: Mapping[OrganisationId, Standing]
    requests: tuple[Request, ...]
    now: datetime


class Draw:
    """Draws a world. `policies` is how many liability policies a member has at most."""

    def __init__(self, seed: int, keys: tuple[str, ...], *, policies: int = 1) -> None:
        self._random = Random(seed)
        self._keys = keys
        self._policies = policies

    def world(self, members: int = 8, capabilities: int = 60, requests: int = 12) -> World:
        """Return a world of this size."""
        ids = [OrganisationId(f"org_{number}") for number in range(members)]
        known = {each: self.member(each, ids) for each in ids[:-1]}  # of one nobody has heard
        return World(
            members=known,
            capabilities=tuple(
                self.capability(
                    CapabilityId(f"cap_{number}"), self._one(ids[1:] if number % 9 else ids)
                )
                for number in range(capabilities)
            ),
            decisions=self._decisions(ids),
            standings={
                each: Standing(self._random.random(), self._random.random()) for each in ids[::2]
            },
            requests=tuple(self.request(number, ids) for number in range(requests)),
            now=START,
        )

    def member(self, organisation_id: OrganisationId, others: list[OrganisationId]) -> Member:
        """Return a member with papers for some of the countries."""
        home = self._one(COUNTRIES)
        papers = [paper for country in COUNTRIES for paper in self._papers_of(country, home)]
        papers += [self._standing() for _ in range(self._random.choice((0, 1, 2)))]
        papers += [self._certificate() for _ in range(self._random.choice((1, 2, 3)))]
        papers += [self._policy() for _ in range(self._random.randint(0, self._policies))]
        self._random.shuffle(papers)
        status = MemberStatus.ACTIVE if self._likely() else self._one(tuple(MemberStatus))
        conflicts = frozenset({self._one(others)}) if self._seldom() else frozenset()
        return Member(organisation_id, 1, "", home, status, tuple(papers), conflicts)

    def capability(
        self, capability_id: CapabilityId, provider_id: OrganisationId, version: int = 1
    ) -> Capability:
        """Return a capability of any kind."""
        return Capability(
            capability_id=capability_id,
            version=version,
            provider_id=provider_id,
            name="",
            status=(
                CapabilityStatus.PUBLISHED if self._likely() else self._one(tuple(CapabilityStatus))
            ),
            attributes=self._attributes(),
            capacity=self._random.randint(1, 5),
            base=self._place(self._one(COUNTRIES)),
            coverage=Coverage(
                frozenset(self._some(COUNTRIES, least=3)),
                self._one((None, None, None, 800.0, 3000.0)),
            ),
            lead_time_minutes=self._one((0, 30, 30, 60, 1440, 4000)),
            available=self._windows(),
            blackouts=self._windows() if self._seldom() else (),
            price=Price(
                Money(self._random.randint(0, 100_000), self._one(_CURRENCIES)),
                self._one(tuple(PriceUnit)),
            ),
        )

    def request(self, number: int, providers: list[OrganisationId]) -> Request:
        """Return a request with one need."""
        required = self._requirement()
        start = START + timedelta(hours=self._random.choice((-6, 2, 24, 72, 24 * 40)))
        same_kind = [self._requirement() for _ in range(12)]
        preferred = next((each for each in same_kind if each.kind == required.kind), None)
        return Request(
            request_id=RequestId(f"req_{number}"),
            enterprise_id=self._one(providers) if self._seldom() else OrganisationId("org_0"),
            reference="",
            needs=(Need(NeedId("ned_1"), self._random.randint(1, 4), required, preferred),),
            place=self._place(self._one(HOSTS)),
            window=Window(start, start + timedelta(hours=self._random.choice((8, 48, 24 * 30)))),
            urgency=self._one(tuple(Urgency)),
            terms=Terms(
                budget=self._one((None, Money(500_000, "USD"), Money(90_000, "SGD"))),
                minimum_icoca_class=self._one((None, None, None, *IcocaClass)),
                liability_cover=self._one((None, None, None, Money(2_000, "USD"))),
                designated_key_unit=self._seldom(),
            ),
            principal=Principal(""),
            submitted_at=START,
            excluded_providers=frozenset(self._some(tuple(providers)) if self._seldom() else ()),
            host_state_protection=(
                HostStateProtection("police", "no", START) if self._likely() else None
            ),
        )

    def _papers_of(self, country: Country, home: Country) -> list[Paper]:
        kinds = (AuthorisationKind.LICENCE, AuthorisationKind.PERMIT)
        papers = [
            self._paper(self._one(kinds), country) for _ in range(self._one((0, 1, 1, 1, 1, 2)))
        ]
        if self._seldom():
            papers.append(self._paper(AuthorisationKind.JOINT_VENTURE, country))
        if country == home and not self._seldom():
            territory = frozenset(self._some(COUNTRIES))
            papers.append(self._paper(AuthorisationKind.PERMIT, home, territory=territory))
        return papers

    def _paper(
        self, kind: AuthorisationKind, jurisdiction: Country | None, **details: Any
    ) -> Paper:
        verified = AuthorisationStatus.VERIFIED
        status = verified if self._likely() else self._one(tuple(AuthorisationStatus))
        everything = frozenset(CapabilityKind)
        activities = everything if self._likely() else frozenset(self._some(tuple(CapabilityKind)))
        armed = not self._seldom()
        return Paper(kind, status, self._validity(), jurisdiction, activities, armed, **details)

    def _standing(self) -> Paper:
        return self._paper(AuthorisationKind.ICOCA, None, icoca_class=self._one(tuple(IcocaClass)))

    def _certificate(self) -> Paper:
        return self._paper(
            AuthorisationKind.CERTIFICATE,
            None,
            standard=self._one(("PSC.1", "ISO 18788", "ISO 28007", "ISO 28007", "ISO 9001")),
            environment=self._one((None, *Environment)),
        )

    def _policy(self) -> Paper:
        return self._paper(
            AuthorisationKind.INSURANCE_POLICY,
            None,
            limit=self._one((None, *(Money(n, c) for n in (1_000, 3_000) for c in _CURRENCIES))),
            territory=frozenset(self._some(COUNTRIES, least=5)),
            lines=frozenset({InsuranceLine.LIABILITY}),
            armed_excluded=self._seldom(),
        )

    def _attributes(self) -> CapabilityAttributes:
        kind, languages = self._kind(), frozenset(self._some(_LANGUAGES, least=2))
        match kind:
            case CapabilityKind.GUARDS:
                return GuardAttributes(
                    "guards",
                    frozenset(self._some(_SKILLS, least=3)),
                    languages,
                    not self._seldom(),
                    frozenset(self._some(tuple(Environment), least=1)),
                    frozenset(self._some(("KH", "MY", "SG", "NP"), most=2)),
                    frozenset(self._some(("HK-C", "SG-officer", "HK-A"))),
                )
            case CapabilityKind.VEHICLES:
                return VehicleAttributes(
                    "vehicles",
                    self._one(tuple(Armour)),
                    self._random.randint(2, 8),
                    self._one(tuple(Environment)),
                )
            case CapabilityKind.INSURANCE:
                return InsuranceAttributes(
                    "insurance",
                    frozenset(self._some(tuple(InsuranceLine), least=2)),
                    Money(self._random.randint(0, 9) * 1000, self._one(_CURRENCIES)),
                    frozenset(self._some(COUNTRIES, least=4)),
                )
            case CapabilityKind.INTELLIGENCE:
                products = frozenset(self._some(tuple(IntelligenceProduct), least=2))
                return IntelligenceAttributes(
                    "intelligence", products, self._random.randint(1, 96), languages
                )
            case CapabilityKind.CRISIS_MANAGEMENT:
                services = frozenset(self._some(tuple(CrisisService), least=2))
                return CrisisAttributes("crisis_management", services, languages)
            case CapabilityKind.MEDICAL_RESCUE:
                transports = frozenset(self._some(tuple(MedicalTransport), least=1))
                level = self._one(tuple(MedicalLevel))
                return MedicalAttributes("medical_rescue", level, transports, languages)

    def _requirement(self) -> Requirement:
        kind, languages = self._kind(), frozenset(self._some(_LANGUAGES, most=1))
        match kind:
            case CapabilityKind.GUARDS:
                return GuardRequirement(
                    "guards",
                    frozenset(self._some((*_SKILLS, *_SKILLS, "unheard_of"), most=1)),
                    languages,
                    self._one((False, True)),
                    self._one(tuple(Environment)),
                )
            case CapabilityKind.VEHICLES:
                return VehicleRequirement(
                    "vehicles",
                    self._one(tuple(Armour)),
                    self._random.randint(1, 4),
                    self._one(tuple(Environment)),
                )
            case CapabilityKind.INSURANCE:
                limit = Money(self._random.randint(0, 4) * 1000, self._one(_CURRENCIES))
                return InsuranceRequirement("insurance", self._one(tuple(InsuranceLine)), limit)
            case CapabilityKind.INTELLIGENCE:
                product = self._one(tuple(IntelligenceProduct))
                return IntelligenceRequirement(
                    "intelligence", product, self._random.randint(1, 96), languages
                )
            case CapabilityKind.CRISIS_MANAGEMENT:
                return CrisisRequirement(
                    "crisis_management", self._one(tuple(CrisisService)), languages
                )
            case CapabilityKind.MEDICAL_RESCUE:
                return MedicalRequirement(
                    "medical_rescue",
                    self._one(tuple(MedicalLevel)),
                    self._one(tuple(MedicalTransport)),
                    languages,
                )

    def _decisions(self, providers: list[OrganisationId]) -> dict[Matter, Decision]:
        found = {}
        for provider_id in providers:
            for country in HOSTS:
                matter = Matter(
                    provider_id, country, CapabilityKind.GUARDS, self._one((True, False))
                )
                keys = frozenset(self._some(self._keys, least=len(self._keys) - 5))
                cleared = not self._seldom()
                found[matter] = Decision(ReviewId("rev_1"), cleared, keys, "because")
        return {matter: decision for matter, decision in found.items() if self._one((True, False))}

    def _kind(self) -> CapabilityKind:
        kinds: tuple[CapabilityKind, ...] = (*CapabilityKind, *(CapabilityKind.GUARDS,) * 4)
        return self._random.choice(kinds)

    def _place(self, country: Country) -> Place:
        latitude, longitude = _PLACES[country]
        return Place(
            country,
            Position(
                latitude + self._random.uniform(-2, 2), longitude + self._random.uniform(-2, 2)
            ),
        )

    def _windows(self) -> tuple[Window, ...]:
        starts = (-3, 0, 1, 1.5, 20)
        lasting = (0.5, 3, 30, 90)
        return tuple(
            Window(begin, begin + timedelta(days=self._one(lasting)))
            for begin in (
                START + timedelta(days=self._one(starts)) for _ in range(self._one((0, 0, 1, 2, 3)))
            )
        )

    def _validity(self) -> Window:
        start = START + timedelta(days=self._one((-300, -300, -300, -1, 5)))
        return Window(start, START + timedelta(days=self._one((6, 40, 400, 400, 400, 400))))

    def _one(self, things: Any) -> Any:
        return self._random.choice(things)

    def _some(self, things: tuple[T, ...], least: int = 0, most: int | None = None) -> list[T]:
        return self._random.sample(
            things, self._random.randint(least, len(things) if most is None else most)
        )

    def _likely(self) -> bool:
        return self._random.random() < 0.95

    def _seldom(self) -> bool:
        return self._random.random() < 0.12
