"""How a preview looks from outside."""

from typing import Annotated

from pydantic import Field

from muster.contracts.event import Contract
from muster.contracts.vocabulary.identifiers import NeedId
from services.matching.previews import Fate, Preview
from services.matching.views.explanations import ReasonsView
from services.matching.views.requests import ShortfallView


class ShareView(Contract):
    """So much of a need would be asked of this provider."""

    need_id: NeedId
    provider: Annotated[str, Field(description="its id, or an alias if that is not for you")]
    capability: Annotated[str, Field(description="likewise")]
    quantity: int


class PreviewView(Contract):
    """What the draft would come to now. Its needs are called ned_1, ned_2 and so on, in order.

    `reviews` is how many matters an operator would be asked to decide.
    """

    fate: Fate
    allocation: tuple[ShareView, ...]
    shortfalls: tuple[ShortfallView, ...]
    reviews: int
    explanation: ReasonsView

    @classmethod
    def of(cls, preview: Preview) -> "PreviewView":
        """Return the view of a preview."""
        return cls(
            fate=preview.fate,
            allocation=tuple(
                ShareView(
                    need_id=share.need_id,
                    provider=share.provider_id,
                    capability=share.capability_id,
                    quantity=share.quantity,
                )
                for share in preview.allocation
            ),
            shortfalls=tuple(map(ShortfallView.of, preview.shortfalls)),
            reviews=preview.questions,
            explanation=ReasonsView.of(preview.explanation),
        )
