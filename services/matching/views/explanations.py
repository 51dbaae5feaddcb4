"""How explanations look from outside."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from muster.contracts.event import Contract
from muster.contracts.vocabulary.identifiers import NeedId, RequestId
from muster.contracts.vocabulary.kinds import CapabilityKind
from services.matching.engine.verdicts import (
    Choice,
    Consideration,
    Explanation,
    NeedExplanation,
    Ruling,
    Wave,
)
from services.matching.explanations import ExplainedRound

NOT_FOR_YOU = "; empty where it is not for you to know"


class VerdictView(Contract):
    """What one rule says: the fact it found, and what would make it pass."""

    rule: str
    ruling: Ruling
    fact: Annotated[str, Field(description=f"what the rule found{NOT_FOR_YOU}")]
    wanted: Annotated[str, Field(description=f"what would pass{NOT_FOR_YOU}")]


class ComponentView(Contract):
    """One part of a score: what was seen, how bad it is (0 best, 1 worst), and its weight."""

    value: float | None
    badness: float
    weight: float


class CandidateView(Contract):
    """A capability that was considered. Lower scores are better, from 0 to 1.

    What is null is unknown, or not for you to know. `behind_by` says how much worse its score is
    than the worst chosen one.
    """

    provider: Annotated[str, Field(description="its id, or an alias if you have no offer from it")]
    capability: Annotated[str, Field(description="likewise")]
    eligible: bool
    choice: Choice
    quantity: int
    wave: Wave
    arrives_at: AwareDatetime | None
    score: float | None
    components: dict[str, ComponentView]
    behind_by: float | None
    verdicts: tuple[VerdictView, ...]

    @classmethod
    def of(cls, candidate: Consideration) -> "CandidateView":
        """Return the view of a candidate."""
        score = candidate.score
        parts = {} if score is None else score.components
        return cls(
            provider=candidate.provider_id,
            capability=candidate.capability_id,
            eligible=candidate.eligible,
            choice=candidate.choice,
            quantity=candidate.quantity,
            wave=candidate.wave,
            arrives_at=candidate.arrives_at,
            score=None if score is None else score.value,
            components={name: ComponentView(**vars(part)) for name, part in parts.items()},
            behind_by=candidate.behind_by,
            verdicts=tuple(
                VerdictView(rule=v.rule, ruling=v.ruling, fact=v.fact, wanted=v.wanted)
                for v in candidate.verdicts
            ),
        )


class NeedExplanationView(Contract):
    """Who was considered for a need, and how far from the place they were sought.

    `missing` is what nobody covered after the round; `beyond` counts those who are too many to be
    listed, by the first rule they fail.
    """

    need_id: NeedId
    kind: CapabilityKind
    wanted: int
    missing: int
    wave: Wave
    considered: tuple[CandidateView, ...]
    beyond: dict[str, int]

    @classmethod
    def of(cls, need: NeedExplanation) -> "NeedExplanationView":
        """Return the view of one need's explanation."""
        return cls(
            need_id=need.need_id,
            kind=need.kind,
            wanted=need.wanted,
            missing=need.missing,
            wave=need.wave,
            considered=tuple(map(CandidateView.of, need.considered)),
            beyond=need.beyond,
        )


class ReasonsView(Contract):
    """Every need of a round, the rules and weights it was judged by, and how allocation ended."""

    engine_version: str
    rule_pack: str
    weights: dict[str, float]
    solver: str
    needs: tuple[NeedExplanationView, ...]

    @classmethod
    def of(cls, explanation: Explanation) -> "ReasonsView":
        """Return the view of an explanation."""
        return cls(**_reasons(explanation))


class RoundView(ReasonsView):
    """One round of sourcing, frozen as it was judged then."""

    round: int
    recorded_at: AwareDatetime

    @classmethod
    def of_round(cls, round_: ExplainedRound) -> "RoundView":
        """Return the view of a round."""
        return cls(
            round=round_.round, recorded_at=round_.recorded_at, **_reasons(round_.explanation)
        )


class ExplanationView(Contract):
    """Why a request was served as it was: every round of sourcing, the first one first."""

    request_id: RequestId
    rounds: tuple[RoundView, ...]

    @classmethod
    def of(cls, request_id: RequestId, rounds: list[ExplainedRound]) -> "ExplanationView":
        """Return the view of a request's explanation."""
        return cls(request_id=request_id, rounds=tuple(map(RoundView.of_round, rounds)))


def _reasons(explanation: Explanation) -> dict[str, object]:
    return {
        "engine_version": explanation.engine_version,
        "rule_pack": explanation.rule_pack,
        "weights": explanation.weights,
        "solver": explanation.solver,
        "needs": tuple(map(NeedExplanationView.of, explanation.needs)),
    }
