"""How matching's rules refuse what comes too late."""

from datetime import datetime

from muster.contracts.vocabulary.errors import IllegalTransition
from muster.contracts.vocabulary.statuses import OfferStatus


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
