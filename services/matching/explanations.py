"""The kept explanations of a request, and how much of them its reader may know."""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from muster.access import Caller
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import RequestId
from services.matching.engine.verdicts import Explanation
from services.matching.queries import get_request, open_to
from services.matching.tables import explanations
from services.matching.veil import Veil

_EXPLANATION = TypeAdapter(Explanation)
# Packs the many like sentences to a twentieth; the best level, to a 24th in three times the time.
_FASTEST = 1


@dataclass(frozen=True)
class ExplainedRound:
    """One round of sourcing: who was considered for each need, and why or why not."""

    round: int
    recorded_at: datetime
    explanation: Explanation


def packed(explanation: Explanation) -> bytes:
    """Return the document of an explanation, as it is kept."""
    # The same bytes as pydantic's, in a quarter of the time; every round of sourcing writes one.
    return zlib.compress(orjson.dumps(explanation), _FASTEST)


def get_explanation(
    connection: Connection, caller: Caller, request_id: RequestId
) -> list[ExplainedRound]:
    """Return all rounds of sourcing of a request, the first one first; raise NotFound.

    An operator sees all; the enterprise what a Veil leaves, which hides those members that it has
    no offer from.
    """
    request = get_request(connection, caller, request_id).request
    rounds = _load(connection, request_id)
    if caller.is_operator:
        return rounds
    return veiled(rounds, open_to(connection, request_id), request.place.country)


def veiled(
    rounds: list[ExplainedRound], known: frozenset[str], host: Country
) -> list[ExplainedRound]:
    """Return the rounds as an enterprise may see them; each unknown member has one alias in all."""
    veil = Veil(known, host)
    return [replace(each, explanation=veil.over(each.explanation)) for each in rounds]


def _load(connection: Connection, request_id: RequestId) -> list[ExplainedRound]:
    rows = connection.execute(
        select(explanations)
        .where(explanations.c.request_id == request_id)
        .order_by(explanations.c.round)
    ).mappings()
    return [
        ExplainedRound(
            round=row["round"],
            recorded_at=row["recorded_at"],
            explanation=_EXPLANATION.validate_json(zlib.decompress(row["document"])),
        )
        for row in rows
    ]
