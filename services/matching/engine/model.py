"""What goes into the engine, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from muster.contracts.vocabulary.identifiers import CapabilityId, NeedId, OrganisationId, RequestId
from muster.contracts.vocabulary.values import Window
from services.matching.domain.booking import Booking
from services.matching.domain.capability import Capability
from services.matching.domain.member import Member
from services.matching.domain.request import Need, Request, Shortfall
from services.matching.engine.allocation import Solution
from services.matching.engine.policy import Decisions, Matter, Standing
from services.matching.engine.verdicts import Explanation, Verdict


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
    """Everything that might serve, what is already taken of it, and what is known of its owners.

    `members` holds providers and enterprises alike. `beyond` counts, for a need, candidates the
    index turned away or ranked too low to be loaded, by rule. A need with a shortlist is sought
    among those on it alone: the others were loaded for other needs.
    """

    now: datetime
    capabilities: tuple[Capability, ...]
    members: Mapping[OrganisationId, Member]
    bookings: tuple[Booking, ...]
    decisions: Decisions = field(default_factory=dict)
    standings: Mapping[OrganisationId, Standing] = field(default_factory=dict)
    beyond: Mapping[NeedId, dict[str, int]] = field(default_factory=dict)
    shortlists: Mapping[NeedId, frozenset[CapabilityId]] = field(default_factory=dict)


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
class Question:
    """What an operator has to decide before this provider can be asked, and why."""

    matter: Matter
    verdicts: tuple[Verdict, ...]  # those that ask for review


@dataclass(frozen=True)
class Outcome:
    """What the engine decided for one request.

    A request that is `hopeless` gets no holds: a required need can be covered neither now nor
    by waiting. `questions` are asked of operators because those who are clear do not suffice;
    a request with questions is not hopeless.
    """

    request_id: RequestId
    holds: tuple[Hold, ...]
    shortfalls: tuple[Shortfall, ...]
    questions: tuple[Question, ...]
    hopeless: bool
    explanation: Explanation


@dataclass(frozen=True)
class Plan:
    """One outcome for each demand, in the order in which they were served.

    `solutions` are what the allocator answered on the way, in the order it was asked.
    """

    outcomes: tuple[Outcome, ...]
    solutions: tuple[Solution, ...] = field(default=(), compare=False)  # how long it took differs
