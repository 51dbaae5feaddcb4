"""What a scenario comes to: the allocation, what is left unfilled, what is asked, and why."""

from enum import StrEnum

from pydantic import AwareDatetime

from muster.contracts.event import Contract
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind, Urgency
from muster.contracts.vocabulary.values import Money, Price
from services.matching.engine.verdicts import Wave
from services.matching.views.explanations import ExplanationView


class Fate(StrEnum):
    """What becomes of a request in its first round of sourcing, if everybody accepts.

    What a preview of the request would say, and that it is refused: a preview raises then.
    """

    FILLED = "filled"  # every required need is covered
    REVIEW = "review"  # an operator has to decide first
    WAITING = "waiting"  # what is missing is lawful, but taken at the moment
    UNFILLED = "unfilled"  # nothing lawful and available is left for a required need
    REFUSED = "refused"  # not even taken at submission


class AllocatedResult(Contract):
    """Who serves a need, or a part of it. A lower score is better."""

    provider_id: str
    provider: str
    capability_id: str
    capability: str
    quantity: int
    score: float | None
    price: Price
    cost: Money  # of all its units for the whole window
    wave: Wave | None
    arrives_at: AwareDatetime | None


class NeedResult(Contract):
    """A need, who serves it, and how many candidates each reason turned away if any is missing."""

    need_id: str
    kind: CapabilityKind
    wanted: int
    missing: int
    optional: bool
    allocated: tuple[AllocatedResult, ...]
    reasons: dict[str, int]


class FindingResult(Contract):
    """What a rule found that a person has to judge, and what would do."""

    rule: str
    fact: str
    wanted: str


class QuestionResult(Contract):
    """What an operator has to decide: may this provider do this kind of work in this country?"""

    provider_id: str
    provider: str
    country: Country
    kind: CapabilityKind
    armed: bool
    findings: tuple[FindingResult, ...]


class RefusalResult(Contract):
    """Why a request is not taken at submission."""

    field: str
    problem: str
    allowed: str


class RequestResult(Contract):
    """What becomes of one request. `explanation` is what the API tells an operator."""

    request_id: str
    reference: str
    enterprise_id: str
    enterprise: str
    urgency: Urgency
    country: Country
    fate: Fate
    refusal: RefusalResult | None = None
    needs: tuple[NeedResult, ...] = ()
    questions: tuple[QuestionResult, ...] = ()
    explanation: ExplanationView | None = None


class DecisionResult(Contract):
    """A decision of the scenario, and which rules it answers; none: it changes nothing."""

    provider_id: str
    country: Country
    kind: CapabilityKind
    armed: bool
    cleared: bool
    rules: tuple[str, ...]


class Result(Contract):
    """The outcome of a scenario: the same for the same scenario, down to the byte."""

    title: str
    now: AwareDatetime
    rule_pack: str
    weights: dict[str, float]
    margin_hours: float
    totals: dict[Fate, int]
    requests: tuple[RequestResult, ...]
    decisions: tuple[DecisionResult, ...]
