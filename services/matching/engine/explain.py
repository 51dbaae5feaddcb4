"""Explanations: for every candidate why, or why not, and for every shortfall its reasons."""

from collections import Counter
from collections.abc import Iterable

from muster.contracts.vocabulary.identifiers import CapabilityId
from services.matching.domain.request import Shortfall
from services.matching.engine.allocate import Share
from services.matching.engine.candidates import Candidate
from services.matching.engine.verdicts import (
    Choice,
    Consideration,
    Explanation,
    NeedExplanation,
)

ENGINE_VERSION = "1"  # of rules, score and allocation together; raise it with any of them

CAPACITY = "capacity"
NO_CANDIDATE = "no_candidate_in_country"


def explain(shares: Iterable[Share]) -> Explanation:
    """Return what there is to say of every candidate of every need."""
    return Explanation(ENGINE_VERSION, tuple(map(_explain_need, shares)))


def shortfalls_of(shares: Iterable[Share]) -> tuple[Shortfall, ...]:
    """Return what is missing, and how many candidates each reason turned away.

    A candidate counts under the first rule it failed, or under `capacity` if it failed none.
    """
    return tuple(
        Shortfall(
            need_id=share.field.need.need_id,
            kind=share.field.need.kind,
            missing=share.missing,
            optional=share.field.need.optional,
            may_come_back=share.may_come_back,
            reasons=_reasons(share),
        )
        for share in shares
        if share.missing
    )


def _reasons(share: Share) -> dict[str, int]:
    counts = Counter(candidate.failed[0].rule for candidate in share.field.barred)
    if share.field.eligible:
        counts[CAPACITY] = len(share.field.eligible)
    return dict(sorted(counts.items())) or {NO_CANDIDATE: 1}


def _explain_need(share: Share) -> NeedExplanation:
    held = {hold.capability_id: hold.quantity for hold in share.holds}
    return NeedExplanation(
        need_id=share.field.need.need_id,
        kind=share.field.need.kind,
        wanted=share.field.wanted,
        missing=share.missing,
        considered=tuple(
            _consideration(candidate, share, held)
            for candidate in (*share.field.eligible, *share.field.barred)
        ),
    )


def _consideration(
    candidate: Candidate, share: Share, held: dict[CapabilityId, int]
) -> Consideration:
    capability = candidate.capability
    quantity = held.get(capability.capability_id, 0)
    return Consideration(
        capability_id=capability.capability_id,
        provider_id=capability.provider_id,
        failed=candidate.failed,
        score=candidate.score,
        choice=_choice(candidate, share, quantity),
        quantity=quantity,
    )


def _choice(candidate: Candidate, share: Share, quantity: int) -> Choice:
    if candidate.failed:
        return Choice.BARRED
    if quantity:
        return Choice.CHOSEN
    if share.missing:
        return Choice.NO_CAPACITY
    return Choice.NOT_NEEDED if share.holds else Choice.GIVEN_UP
