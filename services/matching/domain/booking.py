"""Bookings: capacity that is taken, first held for an offer, then confirmed."""

from dataclasses import dataclass
from datetime import datetime

from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.statuses import BookingStatus
from muster.contracts.vocabulary.values import Window


@dataclass(frozen=True)
class Booking:
    """A quantity of one capability, taken for one need for the length of a window.

    `capacity` is what the capability had when the booking was made: the promise that counts, for
    the provider may lower its capacity afterwards.
    """

    booking_id: BookingId
    capability_id: CapabilityId
    provider_id: OrganisationId
    request_id: RequestId
    need_id: NeedId
    offer_id: OfferId
    quantity: int
    capacity: int
    window: Window
    status: BookingStatus
    expires_at: datetime
