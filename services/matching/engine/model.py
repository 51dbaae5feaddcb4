"""What goes into the engine, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from muster.contracts.vocabulary.identifiers import CapabilityId, NeedId, OrganisationId, RequestId
from muster.contracts.vocabulary.values import Window
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability, Provider
from services.matching.domain.request import Need, Request, Shortfall
from services.matching.engine.verdicts import Explanation


@dataclass(frozen=True)
class Demand:
    """One waiting request: how much of each need is missing, and who refused it already.

    `may_wait` says whether it may be sourced again for capacity that is only held by others.
    """

    request: Request
    missing: Mapping[NeedId, int]
    refused: frozenset[tuple[NeedId, CapabilityId]]
    may_wait: bool


@dataclass(frozen=True)
class Pool:
    """Everything that might serve, and what is already taken of it."""

    now: datetime
    capabilities: tuple[Capability, ...]
    providers: Mapping[OrganisationId, Provider]
    bookings: tuple[Booking, ...]


@dataclass(frozen=True)
class Hold:
    """So much of this capability shall be held for this need, and its provider be asked."""

    request_id: RequestId
    need: Need
    capability: Capability
    quantity: int
    window: Window

    @property
    def capability_id(self) -> CapabilityId:
        """Return what is taken; together with quantity and window this is a use of capacity."""
        return self.capability.capability_id


@dataclass(frozen=True)
class Outcome:
    """What the engine decided for one request.

    A request that is `hopeless` gets no holds: a required need can be covered neither now nor
    by waiting.
    """

    request_id: RequestId
    holds: tuple[Hold, ...]
    shortfalls: tuple[Shortfall, ...]
    hopeless: bool
    explanation: Explanation


@dataclass(frozen=True)
class Plan:
    """One outcome for each demand, in the order in which they were served."""

    outcomes: tuple[Outcome, ...]
