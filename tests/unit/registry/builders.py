"""Members, papers and capabilities for the registry's tests, and a registry to put them in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select

from muster.access import Caller
from muster.clock import SimulatedClock
from muster.context import Context
from muster.contracts.event import Event
from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.identifiers import AuthorisationId, OrganisationId
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    IcocaClass,
    InsuranceLine,
    PriceUnit,
    Role,
)
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import AuthorisationStatus, MemberStatus
from muster.contracts.vocabulary.values import (
    Coverage,
    Money,
    Place,
    Position,
    Price,
    Window,
)
from muster.messaging.envelope import parse
from muster.service.timekeeper import Timekeeper
from muster.storage.unit_of_work import UnitOfWork
from services.registry.domain.authorisation import Authorisation, Paper
from services.registry.domain.capability import Capability, Particulars
from services.registry.domain.organisation import Organisation, Profile
from services.registry.subscriptions import RegistrySubscriptions
from services.registry.tables import metadata
from services.registry.use_cases.apply_for_membership import apply_for_membership
from services.registry.use_cases.expiry import EXPIRY_TIMER
from services.registry.use_cases.issue_api_client import IssuedClient, issue_api_client
from services.registry.use_cases.move_authorisation import move_authorisation
from services.registry.use_cases.move_organisation import move_organisation
from services.registry.use_cases.publish_capability import publish_capability
from services.registry.use_cases.record_authorisation import record_authorisation
from tests.stores import START, memory_store

T = TypeVar("T")

OPERATOR = Caller("cli_operator", Role.OPERATOR)
PHNOM_PENH = Place("KH", Position(11.5564, 104.9282), "Phnom Penh")
YEAR = timedelta(days=365)


def a_profile(**changes: Any) -> Profile:
    """Return a security company of Cambodia that provides."""
    profile = Profile(
        name="Angkor Guard",
        home_country="KH",
        roles=frozenset({Role.PROVIDER}),
        operations_email="operations@angkor.example",
        emergency_email="emergency@angkor.example",
        registration_number="KH-0001",
    )
    return replace(profile, **changes)


def an_organisation(status: MemberStatus = MemberStatus.ACTIVE, **changes: Any) -> Organisation:
    """Return an organisation of that standing."""
    return Organisation(OrganisationId("org_angkor"), a_profile(**changes), status)


def valid_for(time: timedelta) -> Window:
    """Return a window that began a while ago and lasts so much longer."""
    return Window(START - timedelta(days=30), START + time)


def a_licence(**changes: Any) -> Paper:
    """Return a licence to guard in Cambodia, valid for a year."""
    paper = Paper(
        kind=AuthorisationKind.LICENCE,
        reference="PSC-77",
        issuer="Ministry of Interior",
        jurisdiction="KH",
        activities=frozenset({CapabilityKind.GUARDS}),
        valid=valid_for(YEAR),
    )
    return replace(paper, **changes)


def a_paper(kind: AuthorisationKind, **changes: Any) -> Paper:
    """Return a complete paper of that kind."""
    bare = a_licence(kind=kind, jurisdiction=None, activities=frozenset())
    particulars: dict[AuthorisationKind, dict[str, Any]] = {
        AuthorisationKind.ICOCA: {"icoca_class": IcocaClass.CERTIFIED_MEMBER},
        AuthorisationKind.CERTIFICATE: {"standard": "ISO 18788"},
        AuthorisationKind.INSURANCE_POLICY: {
            "limit": Money(500_000_000, "USD"),
            "territory": frozenset({"KH", "VN"}),
            "lines": frozenset({InsuranceLine.LIABILITY}),
            "armed_excluded": False,
        },
        AuthorisationKind.JOINT_VENTURE: {"jurisdiction": "VN"},
    }
    of_a_country = {"jurisdiction": "KH", "activities": frozenset({CapabilityKind.GUARDS})}
    return replace(bare, **{**particulars.get(kind, of_a_country), **changes})


def guards(**changes: Any) -> Particulars:
    """Return twelve close-protection officers in Phnom Penh."""
    particulars = Particulars(
        name="Close protection Phnom Penh",
        attributes=GuardAttributes(
            "guards", frozenset({"close_protection"}), frozenset({"km", "en"})
        ),
        capacity=12,
        base=PHNOM_PENH,
        coverage=Coverage(frozenset({"KH", "VN"}), 800.0),
        lead_time_minutes=120,
        price=Price(Money(4_500, "USD"), PriceUnit.HOUR),
    )
    return replace(particulars, **changes)


class Registry:
    """A registry in memory, with shortcuts to bring things into a state."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(START)
        self.store = memory_store("registry", metadata, self.clock)
        self._secrets = count(1)

    def run(self, command: Callable[[UnitOfWork], T], actor: str = "operator:cli_1") -> T:
        """Run a command in a transaction of its own."""
        return self.store.transact(Context(Actor(actor), "cor_1"), command)

    def applicant(self, **changes: Any) -> Organisation:
        """Return an organisation that has just applied."""
        return self.run(lambda work: apply_for_membership(work, a_profile(**changes)))

    def move(self, organisation: Organisation, *steps: MemberStatus) -> Organisation:
        """Take these steps as an operator."""
        for step in steps:
            organisation = self._moved(organisation, step)
        return organisation

    def _moved(self, organisation: Organisation, step: MemberStatus) -> Organisation:
        return self.run(
            lambda work: move_organisation(
                work, OPERATOR, organisation.organisation_id, step, "as a test wants it"
            )
        )

    def member(self, **changes: Any) -> Organisation:
        """Return an active member."""
        return self.move(self.applicant(**changes), MemberStatus.VETTING, MemberStatus.ACTIVE)

    def recorded(self, member: Organisation, paper: Paper | None = None) -> Authorisation:
        """Return an authorisation that has just been recorded."""
        return self.run(
            lambda work: record_authorisation(
                work, OPERATOR, member.organisation_id, paper or a_licence()
            )
        )

    def judge(
        self,
        member: Organisation,
        authorisation_id: AuthorisationId,
        status: AuthorisationStatus,
    ) -> Authorisation:
        """Verify or revoke a paper as an operator."""
        return self.run(
            lambda work: move_authorisation(
                work, member.organisation_id, authorisation_id, status, "seen the original"
            )
        )

    def verified(self, member: Organisation, paper: Paper | None = None) -> Authorisation:
        """Return an authorisation that has been verified."""
        recorded = self.recorded(member, paper)
        return self.judge(member, recorded.authorisation_id, AuthorisationStatus.VERIFIED)

    def published(self, member: Organisation, particulars: Particulars | None = None) -> Capability:
        """Return a capability that has just been published."""
        return self.run(
            lambda work: publish_capability(work, provider_of(member), particulars or guards())
        )

    def client(
        self,
        role: Role = Role.OPERATOR,
        member: Organisation | None = None,
        name: str = "dispatch desk",
    ) -> IssuedClient:
        """Return a client that has just been issued."""
        return self.run(
            lambda work: issue_api_client(
                work,
                role=role,
                name=name,
                organisation_id=None if member is None else member.organisation_id,
                new_secret=lambda: f"secret-{next(self._secrets)}",
            )
        )

    def said(self) -> list[Event]:
        """Return every event the registry has said, in order."""
        outbox = metadata.tables["outbox_messages"]
        with self.store.read() as connection:
            bodies = connection.execute(select(outbox.c.body).order_by(outbox.c.sequence))
            return [parse(bytes(body)).event for body in bodies.scalars()]

    def steps(self) -> list[tuple[str, str, str]]:
        """Return (thing, before, after) of every step on the record, in order."""
        table = metadata.tables["transitions"]
        with self.store.read() as connection:
            rows = connection.execute(
                select(table.c.thing, table.c.before, table.c.after).order_by(table.c.sequence)
            )
            return [(row.thing, row.before, row.after) for row in rows]

    def fire_timers(self) -> int:
        """Fire what is due; return how many timers were."""
        service = RegistrySubscriptions()
        return Timekeeper(self.store, {EXPIRY_TIMER: service.end_authorisation}).fire_due()


def provider_of(member: Organisation) -> Caller:
    """Return a caller that acts as a provider for this member."""
    return Caller("cli_provider", Role.PROVIDER, member.organisation_id)
