"""The kept explanations of a request, and how much of them its reader may know."""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from muster.access import Caller
from muster.contracts.vocabulary.identifiers import CapabilityId, OrganisationId, RequestId
from services.matching.engine.verdicts import (
    Consideration,
    Explanation,
    NeedExplanation,
    Verdict,
)
from services.matching.queries import get_request, open_to
from services.matching.tables import explanations

_EXPLANATION = TypeAdapter(Explanation)


@dataclass(frozen=True)
class ExplainedRound:
    """One round of sourcing: who was considered for each need, and why or why not."""

    round: int
    engine_version: str
    recorded_at: datetime
    needs: tuple[NeedExplanation, ...]


def get_explanation(
    connection: Connection, caller: Caller, request_id: RequestId
) -> list[ExplainedRound]:
    """Return all rounds of sourcing of a request, the first one first; raise NotFound.

    An operator sees all. The enterprise sees the rules, but neither the facts behind them nor who
    the members are that it has no offer from: those are these members' own affair.
    """
    get_request(connection, caller, request_id)
    rounds = _load(connection, request_id)
    if caller.is_operator:
        return rounds
    veil = _Veil(open_to(connection, request_id))
    return [
        replace(each, needs=tuple(veil.over_need(need) for need in each.needs)) for each in rounds
    ]


def _load(connection: Connection, request_id: RequestId) -> list[ExplainedRound]:
    rows = connection.execute(
        select(explanations)
        .where(explanations.c.request_id == request_id)
        .order_by(explanations.c.round)
    ).mappings()
    return [
        ExplainedRound(
            round=row["round"],
            engine_version=row["engine_version"],
            recorded_at=row["recorded_at"],
            needs=_EXPLANATION.validate_json(row["document"]).needs,
        )
        for row in rows
    ]


class _Veil:
    """Puts an index in the place of each unknown member, the same one throughout."""

    def __init__(self, known: frozenset[OrganisationId]) -> None:
        self._known = known
        self._aliases: dict[str, str] = {}

    def over_need(self, need: NeedExplanation) -> NeedExplanation:
        return replace(need, considered=tuple(map(self._over_candidate, need.considered)))

    def _over_candidate(self, candidate: Consideration) -> Consideration:
        failed = tuple(Verdict(v.rule, v.passed, "", "") for v in candidate.failed)
        if candidate.provider_id in self._known:
            return replace(candidate, failed=failed)
        return replace(
            candidate,
            failed=failed,
            score=None,
            provider_id=OrganisationId(self._alias("member", candidate.provider_id)),
            capability_id=CapabilityId(self._alias("capability", candidate.capability_id)),
        )

    def _alias(self, word: str, identifier: str) -> str:
        """Return ``member 3`` and the like: the third of its word to be mentioned."""
        if identifier not in self._aliases:
            used = sum(alias.startswith(word) for alias in self._aliases.values())
            self._aliases[identifier] = f"{word} {used + 1}"
        return self._aliases[identifier]
