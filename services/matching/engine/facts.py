"""What the score sees of one case."""

from datetime import timedelta

from muster.contracts.vocabulary.kinds import AuthorisationKind
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Member
from services.matching.engine.gate import Case
from services.matching.engine.policy import Standing
from services.matching.engine.preferences import Wish, lacking
from services.matching.engine.score import Facts, cost_of
from services.matching.engine.waves import LOCALITY, wave_of


def facts_of(case: Case, record: Standing, asked: tuple[Wish, ...], currency: str) -> Facts[float]:
    """Return what the score of this case is made of; prices are compared in this currency."""
    capability, provider = case.capability, case.provider
    wave = wave_of(capability.base.country, case.request.place.country)
    rank = icoca_rank(provider, case.window, case.policy.margin) if provider else 0
    return Facts(
        arrival_hours=case.arrival_hours,
        quality=record.quality,
        lacking=lacking(asked, capability.attributes),
        unit_cost=float(cost_of(capability.price, case.window)),
        comparable=capability.price.amount.currency == currency,
        standing=float(rank),
        locality=LOCALITY[wave],
        share=record.share,
    )


def icoca_rank(member: Member, window: Window, margin: timedelta) -> int:
    """Return the rank of the best ICoCA class it holds through the window; 0 for none."""
    return max(
        (
            paper.icoca_class.rank
            for paper in member.papers
            if paper.kind is AuthorisationKind.ICOCA
            and paper.icoca_class is not None
            and paper.holds_through(window, margin)
        ),
        default=0,
    )
