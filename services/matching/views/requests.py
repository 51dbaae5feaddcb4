"""How requests look from outside."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from muster.contracts import matching as said
from muster.contracts.event import Contract
from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.identifiers import (
    NeedId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.contracts.vocabulary.values import Place, Window
from services.matching.domain.request import Need, Shortfall
from services.matching.queries import Covered, RequestReading
from services.matching.veil import Veil
from services.matching.views.reviews import FlagView


class NeedView(Contract):
    """A need, how much of it is accepted and how much awaits an answer."""

    need_id: NeedId
    quantity: int
    required: Requirement
    preferred: Requirement | None
    splittable: bool
    optional: bool
    accepted: int
    offered: int

    @classmethod
    def of(cls, need: Need, covered: Covered) -> "NeedView":
        """Return the view of a need."""
        return cls(
            need_id=need.need_id,
            quantity=need.quantity,
            required=need.required,
            preferred=need.preferred,
            splittable=need.splittable,
            optional=need.optional,
            accepted=covered.accepted,
            offered=covered.offered,
        )


class ShortfallView(Contract):
    """How much of a need nobody covers, and how many candidates each reason turned away."""

    need_id: NeedId
    kind: CapabilityKind
    missing: int
    optional: bool
    may_come_back: bool
    reasons: dict[str, int]

    @classmethod
    def of(cls, shortfall: Shortfall) -> "ShortfallView":
        """Return the view of a shortfall."""
        return cls(**vars(shortfall))


class RequestView(Contract):
    """A request, as its enterprise sees it."""

    request_id: RequestId
    enterprise_id: OrganisationId
    reference: str
    status: RequestStatus
    urgency: Urgency
    place: Place
    window: Window
    terms: said.Terms
    principal: said.Principal
    needs: tuple[NeedView, ...]
    assignments: tuple[said.Assignment, ...]
    flags: Annotated[
        tuple[FlagView, ...],
        Field(description="Providers that are committed and no longer pass the rules."),
    ]
    shortfalls: tuple[ShortfallView, ...]
    excluded_providers: tuple[OrganisationId, ...]
    tasks: tuple[str, ...]
    host_state_protection: said.HostStateProtection | None
    version: int
    submitted_at: AwareDatetime

    @classmethod
    def of(cls, reading: RequestReading) -> "RequestView":
        """Return the view of a request."""
        request, covered = reading.request, reading.covered
        shortfalls = request.shortfalls
        if not reading.whole:
            shortfalls = Veil(frozenset(), request.place.country).over_shortfalls(shortfalls)
        return cls(
            request_id=request.request_id,
            enterprise_id=request.enterprise_id,
            reference=request.reference,
            status=request.status,
            urgency=request.urgency,
            place=request.place,
            window=request.window,
            terms=said.Terms(**vars(request.terms)),
            principal=said.Principal(**vars(request.principal)),
            needs=tuple(
                NeedView.of(need, covered.get(need.need_id, Covered())) for need in request.needs
            ),
            assignments=tuple(said.Assignment(**vars(a)) for a in request.assignments),
            flags=tuple(FlagView.of(flag, whole=reading.whole) for flag in reading.flags),
            shortfalls=tuple(map(ShortfallView.of, shortfalls)),
            excluded_providers=tuple(sorted(request.excluded_providers)),
            tasks=tuple(sorted(request.tasks)),
            host_state_protection=(
                said.HostStateProtection(**vars(request.host_state_protection))
                if request.host_state_protection
                else None
            ),
            version=request.version,
            submitted_at=request.submitted_at,
        )
