"""What is asked of the index, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from muster.contracts.vocabulary.attributes import Requirement
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.values import Place, Window
from services.matching.domain.member import Member
from services.matching.domain.request import Need, Request
from services.matching.domain.terms import HostStateProtection, Terms
from services.matching.engine.gate.case import wanted_by
from services.matching.engine.verdicts import Wave
from services.matching.engine.waves import RANK


@dataclass(frozen=True)
class Search:
    """Who could serve this need? `window` is what is still ahead of the request's window.

    `enterprise` is None while matching has not heard of it. Nobody from beyond the `widest` wave
    is returned. `quantity` is for how many units the budget has to pay.
    """

    required: Requirement
    preferred: Requirement | None
    quantity: int
    place: Place
    window: Window
    wanted_by: datetime
    now: datetime
    enterprise_id: OrganisationId
    enterprise: Member | None
    terms: Terms
    excluded: frozenset[OrganisationId] = frozenset()
    refused: frozenset[CapabilityId] = frozenset()
    host_protection: HostStateProtection | None = None
    widest: Wave = Wave.ALLIANCE

    @classmethod
    def of(
        cls,
        request: Request,
        need: Need,
        enterprise: Member | None,
        now: datetime,
        *,
        wanted: int | None = None,
        refused: frozenset[CapabilityId] = frozenset(),
        widest: Wave = Wave.ALLIANCE,
    ) -> "Search":
        """Return the question for so much of a need; its window must still be ahead, in part."""
        return cls(
            required=need.required,
            preferred=need.preferred,
            quantity=need.quantity if wanted is None else wanted,
            place=request.place,
            window=request.ahead(now),
            wanted_by=wanted_by(request, now),
            now=now,
            enterprise_id=request.enterprise_id,
            enterprise=enterprise,
            terms=request.terms,
            excluded=request.excluded_providers,
            refused=refused,
            host_protection=request.host_state_protection,
            widest=widest,
        )

    @cached_property
    def kind(self) -> CapabilityKind:
        """Return which of the six kinds is needed."""
        return CapabilityKind(self.required.kind)


class Hit(NamedTuple):
    """A candidate: in which wave it is asked, and its score; lower is better."""

    capability_id: CapabilityId
    wave: Wave
    score: float

    @property
    def cost(self) -> float:
        """Return by what candidates are ranked: whoever is nearer by a wave is better."""
        return RANK[self.wave] + self.score


Free = Callable[[CapabilityId], int]
"""How much of a capability nobody has taken, in the time asked about."""


@dataclass(frozen=True)
class Found:
    """The best candidates, and how many there are besides.

    `clear` and `review` (those an operator has to decide about first) are the best of them: nearer
    waves first, then better scores, then lower ids. `clear_in_all` and `review_in_all` count them
    all. `turned_away` counts the others by the first rule that they fail, in gate order; those
    who fail none but are beyond the widest wave count as `later_wave`. `total` counts everybody
    who serves this kind in the host country.
    """

    clear: tuple[Hit, ...]
    review: tuple[Hit, ...]
    clear_in_all: int
    review_in_all: int
    turned_away: Mapping[str, int]
    total: int
