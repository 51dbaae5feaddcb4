"""From a scenario's requests to what the engine is asked, or why they are refused before that."""

from dataclasses import dataclass, replace
from datetime import datetime

from muster.cli.match.scenario import RequestOnFile
from muster.contracts.vocabulary.errors import InputRefused
from muster.contracts.vocabulary.identifiers import Prefix
from services.matching.engine.law.rules import RulePack
from services.matching.engine.model import Demand
from services.matching.use_cases.submit_request import draft_of


@dataclass(frozen=True)
class Refused:
    """A request that would not be taken at submission, and why."""

    said: RequestOnFile
    reason: InputRefused


class _IdsOnFile:
    """Names a request as its author did, and its needs by their number: ``visit.1``."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._needs = 0

    def new(self, prefix: Prefix) -> str:
        """Return the request's id, or the next one of a need."""
        if prefix is Prefix.REQUEST:
            return self._request_id
        self._needs += 1
        return f"{self._request_id}.{self._needs}"


def demand(said: RequestOnFile, now: datetime, pack: RulePack) -> Demand | Refused:
    """Return what the engine is asked, or why the request would be refused at submission."""
    enterprise_id = said.enterprise_id
    try:
        draft = draft_of(said.asked(), enterprise_id, now, _IdsOnFile(said.id), pack)
    except InputRefused as error:
        return Refused(said, error)
    request = replace(draft, submitted_at=said.submitted_at or now)
    return Demand(
        request=request,
        missing={need.need_id: need.quantity for need in request.needs},
        refused=frozenset(
            (need.need_id, name) for need in request.needs for name in said.refused_by
        ),
        may_wait=True,  # as in a first round: what others hold now may come back
    )
