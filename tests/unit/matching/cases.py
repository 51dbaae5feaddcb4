"""Builders of what goes into the engine."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from muster.contracts.registry import CapabilityChanged, ProviderChanged
from muster.contracts.vocabulary.attributes import GuardRequirement, Requirement
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import Urgency
from muster.contracts.vocabulary.statuses import BookingStatus
from muster.contracts.vocabulary.values import Money, Place, Window
from services.matching.domain.booking import Booking
from services.matching.domain.request import Need, Request
from services.matching.domain.terms import Principal, Terms
from services.matching.engine.engine import plan
from services.matching.engine.gate import Case, distance_km
from services.matching.engine.model import Demand, Outcome, Pool
from services.matching.use_cases.project_registry import capability_of, provider_of
from tests.stores import START
from tests.unit.matching.builders import (
    MINE,
    PHNOM_PENH,
    TOMORROW,
    capability_changed,
    organisation,
    provider_changed,
)


def a_need(
    quantity: int = 4,
    *,
    number: int = 1,
    required: Requirement | None = None,
    splittable: bool = True,
    optional: bool = False,
) -> Need:
    """Return a need for guards, or for whatever is required."""
    return Need(
        need_id=NeedId(f"ned_{number}"),
        quantity=quantity,
        required=required or GuardRequirement("guards"),
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
    capability: CapabilityChanged | None = None,
    provider: ProviderChanged | None = None,
    request: Request | None = None,
    *,
    now: datetime = START,
    refused: bool = False,
    unknown_provider: bool = False,
) -> Case:
    """Return a candidate for the first need of a request; all is well unless told otherwise."""
    asked = request or a_request()
    team = capability_of(capability or capability_changed("alpha"))
    member = provider_of(provider or provider_changed("alpha"))
    need = asked.needs[0]
    return Case(
        now=now,
        request=asked,
        need=need,
        window=asked.ahead(now),
        capability=team,
        provider=None if unknown_provider else member,
        refused=refused,
        distance_km=distance_km(need, team, asked.place),
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


def a_pool(*capabilities: CapabilityChanged, bookings: Iterable[Booking] = ()) -> Pool:
    """Return these capabilities, whose providers are active and licensed in Cambodia."""
    teams = sorted(map(capability_of, capabilities), key=lambda team: team.capability_id)
    names = {team.provider_id.removeprefix("org_") for team in teams}
    providers = [provider_of(provider_changed(name)) for name in sorted(names)]
    return Pool(
        now=START,
        capabilities=tuple(teams),
        providers={provider.provider_id: provider for provider in providers},
        bookings=tuple(bookings),
    )


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


def outcomes(pool: Pool, *demands: Demand | Request) -> list[Outcome]:
    """Return what the engine decides for these, in their order here."""
    batch = [d if isinstance(d, Demand) else a_demand(d) for d in demands]
    found = {outcome.request_id: outcome for outcome in plan(batch, pool).outcomes}
    return [found[demand.request.request_id] for demand in batch]


def held(outcome: Outcome) -> dict[str, int]:
    """Return how much an outcome holds of which capability."""
    quantities: dict[str, int] = {}
    for hold in outcome.holds:
        name = hold.capability_id.removeprefix("cap_")
        quantities[name] = quantities.get(name, 0) + hold.quantity
    return quantities
