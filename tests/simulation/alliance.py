"""A small alliance for simulations: three providers, two enterprises, few units, all in Cambodia.

One provider is at home in Vietnam. What Cambodia's law demands of guards is not sure, so whether
they may serve is for an operator to decide.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count

from muster.access import Caller
from muster.context import Context
from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    GuardAttributes,
    InsuranceAttributes,
    VehicleAttributes,
)
from muster.contracts.vocabulary.kinds import (
    Armour,
    AuthorisationKind,
    CapabilityKind,
    InsuranceLine,
    PriceUnit,
    Role,
)
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.statuses import AuthorisationStatus, MemberStatus
from muster.contracts.vocabulary.values import Coverage, Money, Place, Position, Price, Window
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.notify.use_cases.register_webhook import NewWebhook, register_webhook
from services.registry.domain.authorisation import Paper
from services.registry.domain.capability import Particulars
from services.registry.domain.organisation import Profile
from services.registry.use_cases.apply_for_membership import apply_for_membership
from services.registry.use_cases.move_authorisation import move_authorisation
from services.registry.use_cases.move_organisation import move_organisation
from services.registry.use_cases.publish_capability import publish_capability
from services.registry.use_cases.record_authorisation import record_authorisation

OPERATOR = Caller("cli_operator", Role.OPERATOR)
PHNOM_PENH = Place("KH", Position(11.56, 104.92), "Phnom Penh")
Step = Callable[..., None]
DOLLARS = Money(50_000_000_00, "USD")

# Few enough that requests compete for them.
CAPABILITIES: tuple[tuple[CapabilityAttributes, int], ...] = (
    (
        GuardAttributes(
            "guards", languages=frozenset({"en", "km"}), nationalities=frozenset({"KH"})
        ),
        4,
    ),
    (VehicleAttributes("vehicles", armour=Armour.B6), 2),
    (
        InsuranceAttributes(
            "insurance",
            lines=frozenset({InsuranceLine.KIDNAP_RANSOM}),
            limit=DOLLARS,
            territory=frozenset({"KH"}),
        ),
        3,
    ),
)
HOMES = ("KH", "KH", "VN")  # of the providers
ENTERPRISES = 2


def context(number: int) -> Context:
    """Return the circumstances of an outside act."""
    return Context(Actor("somebody"), correlation_id=f"cor_{number}")


@dataclass(frozen=True)
class Alliance:
    """Who is in it, as callers."""

    enterprises: list[Caller]
    providers: list[Caller]


def found(registry: Store) -> Alliance:
    """Let everybody join and the providers publish; return who they are.

    Every step is one unit of work, as it is over HTTP, so that the snapshots come one by one.
    """
    numbers = count()

    def join(role: Role, number: int, home: str, *steps: Step) -> Caller:
        apply = partial(apply_for_membership, profile=_profile(role, number, home))
        member = registry.transact(context(next(numbers)), apply)
        caller = Caller(f"cli_{role}{number}", role, member.organisation_id)
        for step in (_activate, *steps):
            registry.transact(context(next(numbers)), partial(step, caller=caller))
        return caller

    return Alliance(
        [join(Role.ENTERPRISE, number, "SG") for number in range(ENTERPRISES)],
        [
            join(Role.PROVIDER, number, home, _show_licence, _publish)
            for number, home in enumerate(HOMES)
        ],
    )


def register_webhooks(notify: Store, alliance: Alliance) -> None:
    """Let an enterprise and a provider have events posted to them."""
    for caller in (alliance.enterprises[0], alliance.providers[0]):
        wanted = NewWebhook("https://member.example/events")
        register = partial(
            register_webhook, caller=caller, wanted=wanted, allowed=(), entropy=bytes
        )
        notify.transact(context(0), register)


def _profile(role: Role, number: int, home: str) -> Profile:
    return Profile(
        name=f"{role} {number}",
        home_country=home,
        roles=frozenset({role}),
        operations_email="ops@provider.example",
        emergency_email="sos@provider.example",
        registration_number=f"{home}-1",
    )


def _activate(work: UnitOfWork, caller: Caller) -> None:
    organisation = caller.own_organisation()
    for status in (MemberStatus.VETTING, MemberStatus.ACTIVE):
        move_organisation(work, OPERATOR, organisation, status, "vetted")


def _show_licence(work: UnitOfWork, caller: Caller) -> None:
    licence = Paper(
        kind=AuthorisationKind.LICENCE,
        reference="MOI-1",
        issuer="Ministry of Interior",
        valid=Window(work.now - timedelta(days=1), work.now + timedelta(days=400)),
        jurisdiction="KH",
        activities=frozenset(CapabilityKind),
    )
    organisation = caller.own_organisation()
    paper = record_authorisation(work, caller, organisation, licence)
    move_authorisation(
        work, organisation, paper.authorisation_id, AuthorisationStatus.VERIFIED, "seen"
    )


def _publish(work: UnitOfWork, caller: Caller) -> None:
    for attributes, capacity in CAPABILITIES:
        publish_capability(
            work,
            caller,
            Particulars(
                name=f"{attributes.kind} of {caller.client_id}",
                attributes=attributes,
                capacity=capacity,
                base=PHNOM_PENH,
                coverage=Coverage(frozenset({"KH"})),
                lead_time_minutes=30,
                price=Price(Money(100_00, "USD"), PriceUnit.DAY),
            ),
        )
