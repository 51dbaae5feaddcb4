"""A request: what an enterprise asks for, and how far it has come."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.identifiers import (
    BookingId,
    CapabilityId,
    NeedId,
    OfferId,
    OrganisationId,
    RequestId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.contracts.vocabulary.statuses import REQUEST, RequestStatus
from muster.contracts.vocabulary.values import Place, Price, Window
from services.matching.domain.terms import HostStateProtection, Principal, Terms


@dataclass(frozen=True)
class Need:
    """So much of one kind, with these attributes."""

    need_id: NeedId
    quantity: int
    required: Requirement
    preferred: Requirement | None = None
    splittable: bool = True
    optional: bool = False

    @cached_property
    def kind(self) -> CapabilityKind:
        """Return which of the six kinds is needed."""
        return CapabilityKind(self.required.kind)


@dataclass(frozen=True)
class Assignment:
    """What one provider has accepted for one need."""

    offer_id: OfferId
    booking_id: BookingId
    need_id: NeedId
    kind: CapabilityKind
    provider_id: OrganisationId
    capability_id: CapabilityId
    capability_name: str
    quantity: int
    price: Price


@dataclass(frozen=True)
class Shortfall:
    """How much of a need nobody covers, and how often each reason stood in the way.

    `may_come_back` says that lawful candidates are only held by others at the moment.
    """

    need_id: NeedId
    kind: CapabilityKind
    missing: int
    optional: bool
    may_come_back: bool
    reasons: dict[str, int]


@dataclass(frozen=True)
class Request:
    """A request from its submission to its end.

    `sourcing_due` is true while a round of sourcing is owed; `rounds` counts those done and
    `waits` those that ended in waiting for capacity held by others; `known` is the revision of
    members, capabilities and decisions that the last of them knew.
    """

    request_id: RequestId
    enterprise_id: OrganisationId
    reference: str
    needs: tuple[Need, ...]
    place: Place
    window: Window
    urgency: Urgency
    terms: Terms
    principal: Principal
    submitted_at: datetime
    excluded_providers: frozenset[OrganisationId] = frozenset()
    tasks: frozenset[str] = frozenset()
    host_state_protection: HostStateProtection | None = None
    status: RequestStatus = RequestStatus.SUBMITTED
    assignments: tuple[Assignment, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    sourcing_due: bool = True
    rounds: int = 0
    waits: int = 0
    known: int = 0
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Tell whether it may still find or lose providers."""
        return self.status in (
            RequestStatus.SUBMITTED,
            RequestStatus.SOURCING,
            RequestStatus.PROPOSED,
        )

    def ahead(self, now: datetime) -> Window:
        """Return the part of its window that is still ahead; the window must not have ended."""
        return self.window if now <= self.window.starts_at else Window(now, self.window.ends_at)

    def awaits_sourcing(self, now: datetime) -> bool:
        """Tell whether a round of sourcing is owed and still makes sense."""
        searching = self.status in (RequestStatus.SUBMITTED, RequestStatus.SOURCING)
        return searching and self.sourcing_due and now < self.window.ends_at

    def sourced(
        self, shortfalls: tuple[Shortfall, ...], *, owed: bool, waits: bool, known: int = 0
    ) -> "Request":
        """Return the request after a round of sourcing; another may be `owed`.

        If it `waits` for that only a while, this counts as one of its tries. Raises
        IllegalTransition.
        """
        return replace(
            self._searching(),
            shortfalls=shortfalls,
            sourcing_due=owed,
            rounds=self.rounds + 1,
            waits=self.waits + waits,
            known=known,
            version=self.version + 1,
        )

    def owe_sourcing(self) -> "Request":
        """Return the request in search again; raise IllegalTransition."""
        searching = self._searching()
        return replace(searching, assignments=(), sourcing_due=True, version=self.version + 1)

    def propose(self, assignments: tuple[Assignment, ...]) -> "Request":
        """Return the request proposed to its enterprise; raise IllegalTransition."""
        return replace(self.become(RequestStatus.PROPOSED), assignments=assignments)

    def become(self, wanted: RequestStatus) -> "Request":
        """Return the request after this step; raise IllegalTransition."""
        REQUEST.check(self.status, wanted)
        return replace(self, status=wanted, version=self.version + 1)

    def unfilled(self, shortfalls: tuple[Shortfall, ...]) -> "Request":
        """Return the request given up for these reasons; raise IllegalTransition."""
        given_up = self.become(RequestStatus.UNFILLED)
        return replace(given_up, shortfalls=shortfalls, rounds=self.rounds + 1)

    def _searching(self) -> "Request":
        return (
            self if self.status is RequestStatus.SOURCING else self.become(RequestStatus.SOURCING)
        )
