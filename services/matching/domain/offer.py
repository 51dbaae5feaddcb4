"""An offer: one provider is asked to commit capacity that is held for it meanwhile."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.errors import Conflict
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.contracts.vocabulary.statuses import OFFER, OfferStatus
from muster.contracts.vocabulary.values import Place, Price, Window
from services.matching.domain.errors import OfferLapsed
from services.matching.domain.terms import Principal

WAITING = frozenset({OfferStatus.SENT, OfferStatus.COUNTERED})  # for somebody's answer
BINDING = frozenset({OfferStatus.ACCEPTED, OfferStatus.COMMITTED})
REFUSED = frozenset({OfferStatus.DECLINED, OfferStatus.EXPIRED})


class Side(StrEnum):
    """Who speaks in the dealing about an offer."""

    PROVIDER = "provider"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True)
class Offer:
    """What is asked, of whom, for which need, and how far the answer has come.

    It repeats what its readers need of the request, so that one document answers them.
    `principal` is there only while the offer is committed.
    """

    offer_id: OfferId
    request_id: RequestId
    need_id: NeedId
    booking_id: BookingId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    capability_id: CapabilityId
    capability_name: str
    quantity: int
    requirement: Requirement
    urgency: Urgency
    place: Place
    window: Window
    price: Price
    expires_at: datetime
    status: OfferStatus = OfferStatus.SENT
    principal: Principal | None = None
    version: int = 1

    @property
    def kind(self) -> CapabilityKind:
        """Return which of the six kinds is asked for."""
        return CapabilityKind(self.requirement.kind)

    @property
    def is_waiting(self) -> bool:
        """Tell whether somebody's answer is awaited."""
        return self.status in WAITING

    @property
    def is_binding(self) -> bool:
        """Tell whether the provider stands by it."""
        return self.status in BINDING

    @property
    def is_live(self) -> bool:
        """Tell whether it covers, or may yet cover, a part of its need."""
        return self.is_waiting or self.is_binding

    def accept(self, side: Side, now: datetime) -> "Offer":
        """Return the offer accepted.

        Raises OfferLapsed, IllegalTransition, or Conflict if it is the other side's turn.
        """
        return self._answered(OfferStatus.ACCEPTED, side, now)

    def decline(self, side: Side, now: datetime) -> "Offer":
        """Return the offer declined; raises as `accept` does."""
        return self._answered(OfferStatus.DECLINED, side, now)

    def counter(self, side: Side, price: Price, expires_at: datetime, now: datetime) -> "Offer":
        """Return the offer at another price, for the other side to decide; raises as `accept`."""
        countered = self._answered(OfferStatus.COUNTERED, side, now)
        return replace(countered, price=price, expires_at=expires_at)

    def expire(self) -> "Offer":
        """Return the offer expired; raise IllegalTransition."""
        return self._become(OfferStatus.EXPIRED)

    def commit(self, principal: Principal) -> "Offer":
        """Return the offer committed, now naming the principal; raise IllegalTransition."""
        return replace(self._become(OfferStatus.COMMITTED), principal=principal)

    def take_back(self) -> "Offer":
        """Return the offer withdrawn if unanswered, else released; raise IllegalTransition."""
        wanted = OfferStatus.RELEASED if self.is_binding else OfferStatus.WITHDRAWN
        return replace(self._become(wanted), principal=None)

    def _answered(self, wanted: OfferStatus, side: Side, now: datetime) -> "Offer":
        if self.status is OfferStatus.EXPIRED or (self.is_waiting and self.expires_at <= now):
            raise OfferLapsed(wanted, self.expires_at)
        OFFER.check(self.status, wanted)
        turn = Side.PROVIDER if self.status is OfferStatus.SENT else Side.ENTERPRISE
        if side is not turn:
            raise Conflict(
                f"This offer is {self.status}: it is for the {turn} to answer, "
                f"until {self.expires_at.isoformat()}. Wait for that answer."
            )
        return self._become(wanted)

    def _become(self, wanted: OfferStatus) -> "Offer":
        OFFER.check(self.status, wanted)
        return replace(self, status=wanted, version=self.version + 1)
