"""How offers look from outside."""

from pydantic import AwareDatetime

from muster.contracts import matching as said
from muster.contracts.event import Contract
from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.identifiers import (
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.contracts.vocabulary.statuses import OfferStatus
from muster.contracts.vocabulary.values import Place, Price, Window
from services.matching.domain.offer import Offer


class OfferView(Contract):
    """An offer. `principal` is null until the offer is committed."""

    offer_id: OfferId
    request_id: RequestId
    need_id: NeedId
    provider_id: OrganisationId
    capability_id: CapabilityId
    kind: CapabilityKind
    quantity: int
    status: OfferStatus
    requirement: Requirement
    place: Place
    window: Window
    urgency: Urgency
    price: Price
    expires_at: AwareDatetime
    principal: said.Principal | None
    version: int

    @classmethod
    def of(cls, offer: Offer) -> "OfferView":
        """Return the view of an offer."""
        return cls(
            offer_id=offer.offer_id,
            request_id=offer.request_id,
            need_id=offer.need_id,
            provider_id=offer.provider_id,
            capability_id=offer.capability_id,
            kind=offer.kind,
            quantity=offer.quantity,
            status=offer.status,
            requirement=offer.requirement,
            place=offer.place,
            window=offer.window,
            urgency=offer.urgency,
            price=offer.price,
            expires_at=offer.expires_at,
            principal=said.Principal(**vars(offer.principal)) if offer.principal else None,
            version=offer.version,
        )
