"""What a request asks for besides its needs, and what is committed to it."""

from typing import Annotated

from pydantic import Field

from muster.contracts.event import Contract
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, IcocaClass, TrafficLight
from muster.contracts.vocabulary.values import Instant, Money, OneLine, Price


class Principal(Contract):
    """Whom or what to protect. Shown to a provider only after commitment."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    contact: Annotated[str, Field(max_length=200)] = ""
    instructions: Annotated[str, Field(max_length=4000)] = ""


class Terms(Contract):
    """The conditions of a request."""

    budget: Money | None = None
    confidentiality: TrafficLight = TrafficLight.AMBER_STRICT
    auto_approve: bool = False
    all_or_nothing: bool = False
    check_in_interval_seconds: Annotated[int, Field(ge=10, le=86_400)] = 3600
    minimum_icoca_class: IcocaClass | None = None
    liability_cover: Money | None = None  # what each provider's own policy has to pay at least
    designated_key_unit: bool = False  # the site is a designated key unit (China, Decree 564)


class HostStateProtection(Contract):
    """A record that the host state cannot protect; without it nobody serves armed."""

    asked: Annotated[OneLine, Field(min_length=1, max_length=200)]  # which authority
    answer: Annotated[OneLine, Field(min_length=1, max_length=1000)]
    established_at: Instant


class Assignment(Contract):
    """What one provider has committed for one need."""

    offer_id: OfferId
    booking_id: BookingId
    need_id: NeedId
    kind: CapabilityKind
    provider_id: OrganisationId
    capability_id: CapabilityId
    capability_name: str
    quantity: Annotated[int, Field(ge=1)]
    price: Price
