"""How matching's rules refuse what they were told."""

from datetime import datetime

from muster.contracts.vocabulary.errors import DomainError, IllegalTransition
from muster.contracts.vocabulary.statuses import OfferStatus


class InputRefused(DomainError):
    """One named part of what was told breaks a rule; `allowed` says what it may be."""

    def __init__(self, field: str, problem: str, allowed: str) -> None:
        super().__init__(f"`{field}` {problem}. Allowed: {allowed}.")
        self.field = field
        self.problem = problem
        self.allowed = allowed


class OfferLapsed(IllegalTransition):
    """The answer came too late: the offer has expired and its capacity is somebody else's."""

    def __init__(self, wanted: OfferStatus, expired_at: datetime) -> None:
        super().__init__("offer", OfferStatus.EXPIRED, wanted, ())
        sentence = (
            f"This offer expired at {expired_at.isoformat()} and cannot become {wanted} any more: "
            "its capacity is free again and the need is sourced elsewhere. "
            "Answer what is open (GET /v1/offers?status=sent) before its expires_at."
        )
        self.args = (sentence,)
