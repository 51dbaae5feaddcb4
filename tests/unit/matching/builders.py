"""Builders of what matching deals in, and a room that plays its whole part in memory."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar

from sqlalchemy import Engine, select

from muster.access import Caller
from muster.clock import SeededIds, SimulatedClock
from muster.context import Context
from muster.contracts.dispatch import JobStatusChanged
from muster.contracts.event import Event
from muster.contracts.registry import (
    AuthorisationSnapshot,
    CapabilityChanged,
    EnterpriseChanged,
    ProviderChanged,
)
from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    GuardAttributes,
    GuardRequirement,
    Requirement,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import (
    AuthorisationId,
    CapabilityId,
    EventId,
    Ids,
    JobId,
    OfferId,
    OrganisationId,
    Prefix,
    RequestId,
)
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    PriceUnit,
    Role,
    Urgency,
)
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import (
    AuthorisationStatus,
    BookingStatus,
    CapabilityStatus,
    JobStatus,
    MemberStatus,
    OfferStatus,
    RequestStatus,
)
from muster.contracts.vocabulary.values import Coverage, Money, Place, Position, Price, Window
from muster.messaging.envelope import Envelope, parse
from muster.service.declared import declared
from muster.service.entrypoints import Timer
from muster.service.timekeeper import Timekeeper
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.matching import calendar, queries
from services.matching.domain.offer import Offer
from services.matching.domain.request import Request
from services.matching.domain.terms import HostStateProtection, Principal, Terms
from services.matching.matcher import matcher_of
from services.matching.settings import MatchingSettings
from services.matching.subscriptions import MatchingSubscriptions
from services.matching.tables import OFFERS, REQUESTS, metadata, offers
from services.matching.use_cases.accept_offer import accept_offer
from services.matching.use_cases.approve_request import approve_request
from services.matching.use_cases.cancel_request import cancel_request
from services.matching.use_cases.counter_offer import counter_offer
from services.matching.use_cases.decline_offer import decline_offer
from services.matching.use_cases.submit_request import AskedNeed, SubmitRequest, submit_request
from tests.stores import START, memory_store

T = TypeVar("T")

OPERATOR = Caller("cli_operator", Role.OPERATOR)
MINE = OrganisationId("org_mine")
ENTERPRISE = Caller("cli_mine", Role.ENTERPRISE, MINE)
STRANGER_ID = OrganisationId("org_stranger")
STRANGER = Caller("cli_stranger", Role.ENTERPRISE, STRANGER_ID)

KUALA_LUMPUR = Place("MY", Position(3.14, 101.69), "Kuala Lumpur")
PENANG = Place("MY", Position(5.41, 100.33), "Penang")
PHNOM_PENH = Place("KH", Position(11.56, 104.92), "Phnom Penh")
SINGAPORE = Place("SG", Position(1.35, 103.82), "Singapore")
TOMORROW = Window(START + timedelta(hours=24), START + timedelta(hours=36))
A_YEAR = Window(START - timedelta(days=30), START + timedelta(days=335))
GUARDS = GuardAttributes(
    "guards",
    frozenset({"close_protection"}),
    frozenset({"en", "ms"}),
    nationalities=frozenset({"MY"}),
)


def dollars(amount: int, per: PriceUnit = PriceUnit.DAY) -> Price:
    """Return a price in US dollars."""
    return Price(Money(amount * 100, "USD"), per)


def organisation(name: str) -> OrganisationId:
    """Return the id of the member of this name."""
    return OrganisationId(f"org_{name}")


def provider(name: str) -> Caller:
    """Return an API client of the provider of this name."""
    return Caller(f"cli_{name}", Role.PROVIDER, organisation(name))


def licence(
    country: Country = "MY",
    *,
    armed: bool = False,
    activities: frozenset[CapabilityKind] = frozenset(CapabilityKind),
    status: AuthorisationStatus = AuthorisationStatus.VERIFIED,
    valid: Window = A_YEAR,
    kind: AuthorisationKind = AuthorisationKind.LICENCE,
) -> AuthorisationSnapshot:
    """Return a paper as the registry tells of it."""
    return AuthorisationSnapshot(
        authorisation_id=AuthorisationId(f"aut_{country}"),
        kind=kind,
        status=status,
        reference=f"{country}-1",
        issuer="Ministry of Interior",
        jurisdiction=country,
        activities=activities,
        armed=armed,
        valid=valid,
    )


def provider_changed(
    name: str,
    *papers: AuthorisationSnapshot,
    status: MemberStatus = MemberStatus.ACTIVE,
    home_country: Country = "MY",
    conflicts: Iterable[OrganisationId] = (),
    version: int = 1,
) -> ProviderChanged:
    """Return what the registry says of a provider; licensed in Malaysia unless told otherwise."""
    return ProviderChanged(
        organisation_id=organisation(name),
        version=version,
        name=name.title(),
        home_country=home_country,
        roles=frozenset({Role.PROVIDER}),
        status=status,
        operations_email="operations@member.example",
        emergency_email="emergency@member.example",
        authorisations=papers or (licence(),),
        conflicts=frozenset(conflicts),
    )


def enterprise_changed(
    organisation_id: OrganisationId = MINE,
    *,
    home_country: Country = "SG",
    conflicts: Iterable[OrganisationId] = (),
    version: int = 1,
) -> EnterpriseChanged:
    """Return what the registry says of an enterprise; at home in Singapore unless told."""
    return EnterpriseChanged(
        organisation_id=organisation_id,
        version=version,
        name=organisation_id.removeprefix("org_").title(),
        home_country=home_country,
        roles=frozenset({Role.ENTERPRISE}),
        status=MemberStatus.ACTIVE,
        operations_email="operations@member.example",
        emergency_email="emergency@member.example",
        conflicts=frozenset(conflicts),
    )


def capability_changed(
    name: str,
    *,
    of: str | None = None,
    attributes: CapabilityAttributes = GUARDS,
    capacity: int = 10,
    base: Place = KUALA_LUMPUR,
    coverage: Coverage | None = None,
    lead_time_minutes: int = 60,
    available: tuple[Window, ...] = (),
    blackouts: tuple[Window, ...] = (),
    price: Price | None = None,
    status: CapabilityStatus = CapabilityStatus.PUBLISHED,
    version: int = 1,
) -> CapabilityChanged:
    """Return what the registry says of a capability; ten guards in Kuala Lumpur unless told."""
    return CapabilityChanged(
        capability_id=CapabilityId(f"cap_{name}"),
        version=version,
        provider_id=organisation(of or name),
        name=name.title(),
        status=status,
        attributes=attributes,
        capacity=capacity,
        base=base,
        coverage=coverage or Coverage(frozenset({"MY"})),
        lead_time_minutes=lead_time_minutes,
        available=available,
        blackouts=blackouts,
        price=price or dollars(300),
    )


def guards_needed(
    quantity: int = 4,
    *,
    required: Requirement | None = None,
    splittable: bool = True,
    optional: bool = False,
) -> AskedNeed:
    """Return a need for guards, or for whatever is required."""
    return AskedNeed(quantity, required or GuardRequirement("guards"), None, splittable, optional)


def asking(
    *needs: AskedNeed,
    place: Place = KUALA_LUMPUR,
    window: Window = TOMORROW,
    urgency: Urgency = Urgency.PLANNED,
    excluded: Iterable[OrganisationId] = (),
    auto_approve: bool = False,
    all_or_nothing: bool = False,
    tasks: Iterable[str] = (),
    protection: HostStateProtection | None = None,
) -> SubmitRequest:
    """Return a request for four guards in Kuala Lumpur tomorrow, unless told otherwise."""
    return SubmitRequest(
        reference="R-1",
        needs=needs or (guards_needed(),),
        place=place,
        window=window,
        urgency=urgency,
        terms=Terms(auto_approve=auto_approve, all_or_nothing=all_or_nothing),
        principal=Principal("Ms Sok", "duty desk", "Meet at arrivals."),
        excluded_providers=frozenset(excluded),
        tasks=frozenset(tasks),
        host_state_protection=protection,
    )


@cache
def usual_settings() -> MatchingSettings:
    """Return the settings as they are when nobody sets any; reading the rules takes its time."""
    return MatchingSettings()


class Room:
    """Matching with its ears and clocks, and everybody who speaks to it; in memory by default.

    It has heard of both enterprises, unless told otherwise.
    """

    def __init__(
        self,
        *said: Event,
        settings: MatchingSettings | None = None,
        engine: Engine | None = None,
        ids: Ids | None = None,
        enterprises: Iterable[OrganisationId] = (MINE, STRANGER_ID),
    ) -> None:
        self.clock = SimulatedClock(START)
        self.store = (
            memory_store("matching", metadata, self.clock)
            if engine is None
            else Store("matching", engine, metadata, self.clock, ids or SeededIds(1))
        )
        self.settings = settings or usual_settings()
        self.patience = self.settings.patience
        self.policy = self.settings.policy
        self.subscriptions = MatchingSubscriptions()
        self.start_anew()
        self._timekeeper = Timekeeper(
            self.store,
            {
                entrypoint.kind: getattr(self.subscriptions, name)
                for name, entrypoint in declared(MatchingSubscriptions)
                if isinstance(entrypoint, Timer)
            },
        )
        if everything := (*map(enterprise_changed, enterprises), *said):
            self.hear_registry(*everything)

    def start_anew(self) -> None:
        """Give the worker what nameko would, made anew as by a process that has just started."""
        self.matcher = matcher_of(self.settings)
        vars(self.subscriptions).update(settings=self.settings, matcher=self.matcher)

    def transact(self, command: Callable[[UnitOfWork], T], caller: Caller = OPERATOR) -> T:
        """Run a command as this caller, in one transaction."""
        return self.store.transact(Context(caller.actor, correlation_id="cor_test"), command)

    # What comes in

    def hear_registry(self, *said: Event) -> None:
        """Hear these snapshots in one batch."""
        envelopes = [self._envelope(event) for event in said]
        self.transact(lambda work: self.subscriptions.project_registry(work, envelopes))

    def submit(self, asked: SubmitRequest | None = None, caller: Caller = ENTERPRISE) -> Request:
        """Submit a request and leave it waiting."""
        return self.transact(
            lambda work: submit_request(work, caller, asked or asking(), self.policy.pack), caller
        )

    def source(self, *requests: Request) -> None:
        """Hear, in one batch, that these requests were submitted."""
        wanted = {request.request_id for request in requests}
        envelopes = [
            envelope
            for envelope in self.said("muster.matching.request.submitted.v1")
            if envelope.event.subject in wanted
        ]
        self.transact(lambda work: self.subscriptions.source(work, envelopes))

    def sourced(self, asked: SubmitRequest | None = None) -> Request:
        """Submit a request and source it; return it as it then stands."""
        request = self.submit(asked)
        self.source(request)
        return self.request(request)

    def accept(self, offer: Offer, caller: Caller | None = None) -> Offer:
        """Accept, as the offer's provider unless told otherwise."""
        by = caller or self.provider_of(offer)
        return self.transact(
            lambda work: accept_offer(work, by, offer.offer_id, self.patience, self.policy), by
        )

    def decline(self, offer: Offer, caller: Caller | None = None) -> Offer:
        """Decline, as the offer's provider unless told otherwise."""
        by = caller or self.provider_of(offer)
        return self.transact(lambda work: decline_offer(work, by, offer.offer_id, "busy"), by)

    def counter(self, offer: Offer, price: Price, caller: Caller | None = None) -> Offer:
        """Put another price, as the offer's provider unless told otherwise."""
        by = caller or self.provider_of(offer)
        return self.transact(
            lambda work: counter_offer(work, by, offer.offer_id, price, "fuel", self.patience),
            by,
        )

    def approve(self, request: Request, caller: Caller = ENTERPRISE) -> Request:
        """Approve what is proposed."""
        return self.transact(
            lambda work: approve_request(work, caller, request.request_id, self.policy), caller
        )

    def cancel(self, request: Request, caller: Caller = ENTERPRISE) -> Request:
        """Cancel a request."""
        return self.transact(
            lambda work: cancel_request(work, caller, request.request_id, "plans changed"), caller
        )

    def job_event(
        self, request: Request, name: str, status: JobStatus, version: int
    ) -> JobStatusChanged:
        """Return what dispatch says of the job of this provider."""
        own = [a for a in self.request(request).assignments if a.provider_id == organisation(name)]
        return JobStatusChanged(
            job_id=JobId(f"job_{request.request_id}_{name}"),
            request_id=request.request_id,
            enterprise_id=request.enterprise_id,
            provider_id=organisation(name),
            version=version,
            before=JobStatus.COMMITTED,
            status=status,
            final=status in (JobStatus.COMPLETED, JobStatus.CANCELLED, JobStatus.ABORTED),
            delayed=False,
            reason="",
            booking_ids=tuple(assignment.booking_id for assignment in own),
            occurred_at=self.clock.now(),
        )

    def hear_job(self, request: Request, name: str, status: JobStatus, version: int) -> None:
        """Hear of the job of this provider."""
        self.hear(self.job_event(request, name, status, version))

    def hear(self, *said: JobStatusChanged) -> None:
        """Hear what dispatch says, in one batch."""
        envelopes = [self._envelope(each) for each in said]
        self.transact(lambda work: self.subscriptions.follow_jobs(work, envelopes))

    def wait(self, by: timedelta = timedelta(0)) -> None:
        """Let time pass, then fire what is due, and what that makes due at once."""
        self.clock.advance(by)
        while self._timekeeper.fire_due():
            pass

    def until_confirmed(self, asked: SubmitRequest | None = None) -> Request:
        """Submit, source, accept everything and approve."""
        request = self.sourced(asked)
        for offer in self.offers(request):
            self.accept(offer)
        if self.request(request).status is RequestStatus.PROPOSED:
            self.approve(request)
        return self.request(request)

    # What can be seen

    def request(self, request: Request | RequestId) -> Request:
        """Return a request as it stands."""
        identifier = request.request_id if isinstance(request, Request) else request
        with self.store.read() as connection:
            return REQUESTS.get(connection, identifier)

    def offers(self, request: Request, *statuses: OfferStatus) -> list[Offer]:
        """Return the offers of a request, in these states if any are named."""
        with self.store.read() as connection:
            found = OFFERS.list(connection, offers.c.request_id == request.request_id)
        return [offer for offer in found if not statuses or offer.status in statuses]

    def offer(self, offer_id: OfferId) -> Offer:
        """Return an offer as it stands."""
        with self.store.read() as connection:
            return OFFERS.get(connection, offer_id)

    def the_offer(self, request: Request) -> Offer:
        """Return the only offer of a request that is open."""
        (offer,) = self.offers(request, OfferStatus.SENT, OfferStatus.COUNTERED)
        return offer

    def taken(self, name: str | None = None) -> int:
        """Return how much is held or confirmed, of one capability or of all."""
        with self.store.read() as connection:
            found = calendar.all_taken(connection)
        return sum(
            b.quantity for b in found if name in (None, b.capability_id.removeprefix("cap_"))
        )

    def booked(self, request: Request) -> list[tuple[BookingStatus, datetime]]:
        """Return state and expiry of what is taken for a request."""
        with self.store.read() as connection:
            found = calendar.all_taken(connection)
        return [(b.status, b.expires_at) for b in found if b.request_id == request.request_id]

    def said(self, event_type: str | None = None) -> list[Envelope]:
        """Return everything matching has said, or all of one type."""
        outbox = metadata.tables["outbox_messages"]
        with self.store.read() as connection:
            bodies = connection.execute(select(outbox.c.body).order_by(outbox.c.sequence))
            envelopes = [parse(body) for body in bodies.scalars()]
        return [e for e in envelopes if event_type in (None, e.event.event_type)]

    def words(self, request: Request) -> list[str]:
        """Return, in order and in short, what was said of a request."""
        return [
            envelope.event.event_type.split(".")[-2]
            for envelope in self.said()
            if envelope.event.subject == request.request_id
        ]

    def timers(self) -> set[tuple[str, str]]:
        """Return kind and subject of every timer that is set."""
        table = metadata.tables["timers"]
        with self.store.read() as connection:
            rows = connection.execute(select(table.c.kind, table.c.subject)).all()
        return {(kind, subject) for kind, subject in rows}

    def steps(self, thing_id: str) -> list[tuple[str, str, str]]:
        """Return actor, state before and state after of each remembered step of a thing."""
        table = metadata.tables["transitions"]
        query = select(table).where(table.c.thing_id == thing_id).order_by(table.c.sequence)
        with self.store.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [(row["actor"], row["before"], row["after"]) for row in rows]

    def overbooked(self) -> list[queries.Overbooking]:
        """Return what must always be empty."""
        with self.store.read() as connection:
            return queries.overbooked(connection)

    def provider_of(self, offer: Offer) -> Caller:
        """Return an API client of the provider an offer is made to."""
        return provider(offer.provider_id.removeprefix("org_"))

    def _envelope(self, event: Event) -> Envelope:
        return Envelope(
            EventId(self.store.ids.new(Prefix.EVENT)),
            self.clock.now(),
            event,
            Context(Actor("service:test"), correlation_id="cor_test"),
        )
