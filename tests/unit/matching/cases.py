"""Builders of what goes into the engine: a small world in Cambodia, with a small rule pack."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    GuardAttributes,
    GuardRequirement,
    Requirement,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
    ReviewId,
)
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    IcocaClass,
    PriceUnit,
    Urgency,
)
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    BookingStatus,
    CapabilityStatus,
    MemberStatus,
)
from muster.contracts.vocabulary.values import Coverage, Money, Place, Position, Price, Window
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member, Paper
from services.matching.domain.request import Need, Request
from services.matching.domain.terms import Principal, Terms
from services.matching.engine.engine import plan
from services.matching.engine.gate import Case
from services.matching.engine.law import rules as law
from services.matching.engine.law.rules import (
    EVERYWHERE,
    Confidence,
    ForeignDemand,
    LicenceDemand,
    Rule,
    RulePack,
    Stance,
)
from services.matching.engine.model import Demand, Outcome, Pool
from services.matching.engine.policy import USUAL_WEIGHTS, Decision, Matter, Policy, Standing
from services.matching.engine.travel import USUAL_TRAVEL
from tests.stores import START

MINE = OrganisationId("org_mine")
PHNOM_PENH = Place("KH", Position(11.56, 104.92), "Phnom Penh")
SIEM_REAP = Place("KH", Position(13.36, 103.86), "Siem Reap")
SAIGON = Place("VN", Position(10.78, 106.70), "Ho Chi Minh City")
CHAU_DOC = Place("VN", Position(10.70, 105.12), "Chau Doc")
SINGAPORE = Place("SG", Position(1.35, 103.82), "Singapore")
TOMORROW = Window(START + timedelta(hours=24), START + timedelta(hours=36))
A_YEAR = Window(START - timedelta(days=30), START + timedelta(days=335))
GUARDS = GuardAttributes("guards", frozenset({"close_protection"}), frozenset({"en", "km"}))


def dollars(amount: int, per: PriceUnit = PriceUnit.DAY) -> Price:
    """Return a price in US dollars."""
    return Price(Money(amount * 100, "USD"), per)


def organisation(name: str) -> OrganisationId:
    """Return the id of the member of this name."""
    return OrganisationId(f"org_{name}")


def a_rule(
    rule_id: str,
    demand: law.Demand,
    *,
    jurisdiction: str = "KH",
    kinds: Iterable[CapabilityKind] = CapabilityKind,
    confidence: Confidence = Confidence.HIGH,
) -> Rule:
    """Return a rule of law, enforced unless told otherwise."""
    return Rule(
        rule_id=rule_id,
        jurisdiction=jurisdiction,
        kinds=frozenset(kinds),
        demand=demand,
        source="a test",
        stated_on=date(2026, 1, 1),
        confidence=confidence,
        summary="",
        fingerprint="0001",
    )


def a_pack() -> RulePack:
    """Return a pack by which licensed locals are clear, and guards from abroad need a review."""
    return RulePack(
        version="test-1",
        rules=(
            a_rule("alliance.licence", LicenceDemand(), jurisdiction=EVERYWHERE),
            a_rule("kh.licence", LicenceDemand(), kinds=[CapabilityKind.GUARDS]),
            a_rule(
                "kh.foreign",
                ForeignDemand(Stance.ALLOWED),
                kinds=[CapabilityKind.GUARDS],
                confidence=Confidence.MEDIUM,
            ),
        ),
    )


def a_policy(*, listed: int = 100, margin: timedelta = timedelta()) -> Policy:
    """Return the usual settings with the small rule pack."""
    return Policy(
        pack=a_pack(),
        weights=USUAL_WEIGHTS,
        travel=USUAL_TRAVEL,
        margin=margin,
        solver_seconds=5.0,
        listed=listed,
    )


def a_licence(
    country: Country = "KH",
    *,
    armed: bool = False,
    activities: Iterable[CapabilityKind] = CapabilityKind,
    status: AuthorisationStatus = AuthorisationStatus.VERIFIED,
    valid: Window = A_YEAR,
    kind: AuthorisationKind = AuthorisationKind.LICENCE,
) -> Paper:
    """Return a licence as matching keeps it."""
    return Paper(
        kind=kind,
        status=status,
        valid=valid,
        jurisdiction=country,
        activities=frozenset(activities),
        armed=armed,
    )


def icoca(icoca_class: IcocaClass) -> Paper:
    """Return the paper that says this standing."""
    return Paper(
        AuthorisationKind.ICOCA, AuthorisationStatus.VERIFIED, A_YEAR, icoca_class=icoca_class
    )


def a_member(
    name: str,
    *papers: Paper,
    home: Country = "KH",
    status: MemberStatus = MemberStatus.ACTIVE,
    conflicts: Iterable[str] = (),
) -> Member:
    """Return a member, licensed in Cambodia unless told otherwise."""
    return Member(
        organisation_id=organisation(name),
        version=1,
        name=name.title(),
        home_country=home,
        status=status,
        papers=papers or (a_licence(),),
        conflicts=frozenset(map(organisation, conflicts)),
    )


def a_team(
    name: str,
    *,
    of: str | None = None,
    attributes: CapabilityAttributes = GUARDS,
    capacity: int = 10,
    base: Place = PHNOM_PENH,
    coverage: Coverage | None = None,
    lead_time_minutes: int = 60,
    available: tuple[Window, ...] = (),
    blackouts: tuple[Window, ...] = (),
    price: Price | None = None,
    status: CapabilityStatus = CapabilityStatus.PUBLISHED,
) -> Capability:
    """Return a capability; ten guards in Phnom Penh unless told otherwise."""
    return Capability(
        capability_id=CapabilityId(f"cap_{name}"),
        version=1,
        provider_id=organisation(of or name),
        name=name.title(),
        status=status,
        attributes=attributes,
        capacity=capacity,
        base=base,
        coverage=coverage or Coverage(frozenset({"KH"})),
        lead_time_minutes=lead_time_minutes,
        available=available,
        blackouts=blackouts,
        price=price or dollars(300),
    )


def a_need(
    quantity: int = 4,
    *,
    number: int = 1,
    required: Requirement | None = None,
    preferred: Requirement | None = None,
    splittable: bool = True,
    optional: bool = False,
) -> Need:
    """Return a need for guards, or for whatever is required."""
    return Need(
        need_id=NeedId(f"ned_{number}"),
        quantity=quantity,
        required=required or GuardRequirement("guards"),
        preferred=preferred,
        splittable=splittable,
        optional=optional,
    )


def a_request(
    *needs: Need,
    number: int = 1,
    place: Place = PHNOM_PENH,
    window: Window = TOMORROW,
    urgency: Urgency = Urgency.PLANNED,
    submitted_at: datetime = START,
    excluded: Iterable[OrganisationId] = (),
    all_or_nothing: bool = False,
    budget: Money | None = None,
) -> Request:
    """Return a submitted request for four guards in Phnom Penh tomorrow, unless told otherwise."""
    return Request(
        request_id=RequestId(f"req_{number}"),
        enterprise_id=MINE,
        reference="",
        needs=needs or (a_need(),),
        place=place,
        window=window,
        urgency=urgency,
        terms=Terms(budget=budget, all_or_nothing=all_or_nothing),
        principal=Principal("Ms Sok"),
        submitted_at=submitted_at,
        excluded_providers=frozenset(excluded),
    )


def a_case(
    capability: Capability | None = None,
    provider: Member | None = None,
    request: Request | None = None,
    *,
    enterprise: Member | None = None,
    now: datetime = START,
    refused: bool = False,
    decision: Decision | None = None,
    policy: Policy | None = None,
) -> Case:
    """Return a candidate for the first need of a request; all is well unless told otherwise."""
    asked = request or a_request()
    return Case(
        now=now,
        request=asked,
        need=asked.needs[0],
        window=asked.ahead(now),
        capability=capability or a_team("alpha"),
        provider=provider or a_member("alpha"),
        enterprise=enterprise or a_member("mine"),
        policy=policy or a_policy(),
        refused=refused,
        decision=decision,
    )


def a_booking(
    name: str,
    quantity: int,
    *,
    status: BookingStatus = BookingStatus.HELD,
    request: str = "req_other",
    need: str = "ned_other",
    window: Window = TOMORROW,
) -> Booking:
    """Return what is taken of the capability of this name."""
    return Booking(
        booking_id=BookingId(f"bkg_{name}"),
        capability_id=CapabilityId(f"cap_{name}"),
        provider_id=organisation(name),
        request_id=RequestId(request),
        need_id=NeedId(need),
        offer_id=OfferId(f"off_{name}"),
        quantity=quantity,
        capacity=1000,
        window=window,
        status=status,
        expires_at=START + timedelta(hours=1),
    )


def a_pool(
    *capabilities: Capability,
    members: Iterable[Member] = (),
    bookings: Iterable[Booking] = (),
    decisions: dict[Matter, Decision] | None = None,
    standings: dict[OrganisationId, Standing] | None = None,
    beyond: dict[NeedId, dict[str, int]] | None = None,
    shortlists: dict[NeedId, frozenset[CapabilityId]] | None = None,
) -> Pool:
    """Return these capabilities; whoever is not among the members is a licensed local."""
    owners = {team.provider_id for team in capabilities} | {MINE}
    known = {owner: a_member(owner.removeprefix("org_")) for owner in sorted(owners)}
    return Pool(
        now=START,
        capabilities=capabilities,
        members=known | {member.organisation_id: member for member in members},
        bookings=tuple(bookings),
        decisions=decisions or {},
        standings=standings or {},
        beyond=beyond or {},
        shortlists=shortlists or {},
    )


def cleared(*keys: str) -> Decision:
    """Return an operator's yes to these rules."""
    return Decision(ReviewId("rev_1"), True, frozenset(keys), "papers seen")


def a_demand(
    request: Request,
    *,
    refused: Iterable[str] = (),
    may_wait: bool = True,
    missing: dict[NeedId, int] | None = None,
) -> Demand:
    """Return a request of which everything is missing; `refused` names capabilities."""
    return Demand(
        request=request,
        missing=missing or {need.need_id: need.quantity for need in request.needs},
        refused=frozenset(
            (need.need_id, CapabilityId(f"cap_{name}"))
            for need in request.needs
            for name in refused
        ),
        may_wait=may_wait,
    )


def timeless() -> float:
    """Return the same instant always: a clock by which nothing takes time."""
    return 0.0


def outcomes(pool: Pool, *demands: Demand | Request, policy: Policy | None = None) -> list[Outcome]:
    """Return what the engine decides for these, in their order here."""
    batch = [d if isinstance(d, Demand) else a_demand(d) for d in demands]
    made = plan(batch, pool, policy or a_policy(), timeless)
    found = {outcome.request_id: outcome for outcome in made.outcomes}
    return [found[demand.request.request_id] for demand in batch]


def alone(pool: Pool, demand: Demand | Request, *, policy: Policy | None = None) -> Outcome:
    """Return what the engine decides for the only request there is."""
    (only,) = outcomes(pool, demand, policy=policy)
    return only


def held(outcome: Outcome) -> dict[str, int]:
    """Return how much an outcome holds of which capability."""
    quantities: dict[str, int] = {}
    for hold in outcome.holds:
        name = hold.capability_id.removeprefix("cap_")
        quantities[name] = quantities.get(name, 0) + hold.quantity
    return quantities
