"""Previews: what a draft of a request would come to now. Nothing is held, asked or kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count

from sqlalchemy import Connection

from muster.access import Caller
from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import (
    CapabilityId,
    NeedId,
    OrganisationId,
    Prefix,
)
from services.matching.domain.request import Shortfall
from services.matching.engine.engine import plan
from services.matching.engine.model import Demand, Outcome
from services.matching.engine.verdicts import Explanation
from services.matching.matcher import Matcher
from services.matching.pool import look_at_pool
from services.matching.use_cases.submit_request import SubmitRequest, draft_of
from services.matching.veil import Veil


class Fate(StrEnum):
    """What would become of the draft in its first round of sourcing."""

    FILLED = "filled"  # every required need is covered, if the providers accept
    WAITING = "waiting"  # what is missing is lawful, but held by others at the moment
    REVIEW = "review"  # an operator would have to decide first
    UNFILLED = "unfilled"  # nothing lawful and available is left for a required need


@dataclass(frozen=True)
class Share:
    """So much of a need would be asked of this provider."""

    need_id: NeedId
    provider_id: OrganisationId
    capability_id: CapabilityId
    quantity: int


@dataclass(frozen=True)
class Preview:
    """What would become of a draft: who would be asked, what would be missing, and why."""

    fate: Fate
    allocation: tuple[Share, ...]
    shortfalls: tuple[Shortfall, ...]
    questions: int
    explanation: Explanation


class DraftIds:
    """Numbers the parts of a draft: its needs are ned_1, ned_2 and so on, as they are listed."""

    def __init__(self) -> None:
        self._numbers = {prefix: count(1) for prefix in Prefix}

    def new(self, prefix: Prefix) -> str:
        """Return the next of its kind."""
        return f"{prefix}_{next(self._numbers[prefix])}"


def preview(
    connection: Connection,
    caller: Caller,
    asked: SubmitRequest,
    enterprise_id: OrganisationId | None,
    matcher: Matcher,
    now: datetime,
) -> Preview:
    """Return what the request would come to if the caller submitted it now, and nobody else did.

    An operator names the enterprise that would ask; it sees all. An enterprise asks for itself,
    and sees no other member behind the aliases. Raises InputRefused, as submitting does, or
    NotFound for another's enterprise.
    """
    asker = _asker(caller, enterprise_id)
    draft = draft_of(asked, asker, now, DraftIds(), matcher.policy.pack)
    demand = Demand(
        request=draft,
        missing={need.need_id: need.quantity for need in draft.needs},
        refused=frozenset(),
        may_wait=True,
    )
    pool = look_at_pool(connection, [demand], matcher.index, now)
    (outcome,) = plan([demand], pool, matcher.policy, matcher.clock).outcomes
    if caller.is_operator:
        return _preview(outcome, outcome.explanation, None)
    veil = Veil(frozenset(), draft.place.country)
    return _preview(outcome, veil.over(outcome.explanation), veil)


def fate_of(outcome: Outcome) -> Fate:
    """Return what becomes of a request whose first round of sourcing has this outcome."""
    if outcome.hopeless:
        return Fate.UNFILLED
    if outcome.questions:
        return Fate.REVIEW
    short = any(not shortfall.optional for shortfall in outcome.shortfalls)
    return Fate.WAITING if short else Fate.FILLED


def _asker(caller: Caller, enterprise_id: OrganisationId | None) -> OrganisationId:
    if enterprise_id is None:
        if caller.is_operator:
            raise InputRefused(
                "enterprise_id", "is missing", "the id of the enterprise that would ask"
            )
        return caller.own_organisation()
    caller.must_see("enterprise", enterprise_id, enterprise_id)
    return enterprise_id


def _preview(outcome: Outcome, explanation: Explanation, veil: Veil | None) -> Preview:
    return Preview(
        fate=fate_of(outcome),
        allocation=tuple(
            Share(
                hold.need.need_id,
                veil.provider(hold.capability.provider_id) if veil else hold.capability.provider_id,
                veil.capability(hold.capability_id, hold.capability.provider_id)
                if veil
                else hold.capability_id,
                hold.quantity,
            )
            for hold in outcome.holds
        ),
        shortfalls=veil.over_shortfalls(outcome.shortfalls) if veil else outcome.shortfalls,
        questions=len(outcome.questions),
        explanation=explanation,
    )
