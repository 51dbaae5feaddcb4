"""What became of each candidate of a need, and why."""

from collections.abc import Callable, Mapping

from muster.contracts.vocabulary.identifiers import RequestId
from services.matching.domain.booking import Booking
from services.matching.engine.candidates import Candidate
from services.matching.engine.occupancy import Occupancy, Use
from services.matching.engine.tiers import Share
from services.matching.engine.verdicts import Choice, Consideration, Ruling
from services.matching.engine.waves import RANK

_UNCLEAR = {Ruling.FAILED: Choice.BARRED, Ruling.REVIEW: Choice.REVIEW}


class Chooser:
    """Says for one need why each candidate was chosen or not, now that the whole plan is known."""

    def __init__(
        self,
        share: Share,
        kept: bool,
        occupancy: Occupancy,
        tiers: Mapping[RequestId, int],
    ) -> None:
        self._share = share
        self._kept = kept
        self._occupancy = occupancy
        self._tiers = tiers
        self._held = {hold.capability_id: hold.quantity for hold in share.holds}
        chosen = [each for each in share.field.clear if self.is_chosen(each)]
        self._worst = max(chosen, key=lambda each: each.cost, default=None)

    def is_chosen(self, candidate: Candidate) -> bool:
        """Tell whether something of it was chosen, be it given back afterwards."""
        return candidate.capability_id in self._held

    def consideration(self, candidate: Candidate) -> Consideration:
        """Return what there is to say of one candidate."""
        choice = self._choice(candidate)
        return Consideration(
            capability_id=candidate.capability_id,
            provider_id=candidate.capability.provider_id,
            verdicts=candidate.verdicts,
            wave=candidate.wave,
            score=candidate.score,
            choice=choice,
            quantity=self._held.get(candidate.capability_id, 0) if self._kept else 0,
            behind_by=self._behind_by(candidate) if choice is Choice.NOT_NEEDED else None,
            arrives_at=candidate.arrives_at.isoformat(),
        )

    def _choice(self, candidate: Candidate) -> Choice:
        if candidate.ruling is not Ruling.PASSED:
            return _UNCLEAR[candidate.ruling]
        if self.is_chosen(candidate):
            return Choice.CHOSEN if self._kept else Choice.GIVEN_UP
        if not self._free(candidate, _is_booked):
            return Choice.NO_CAPACITY
        return self._spared(candidate)

    def _spared(self, candidate: Candidate) -> Choice:
        """Return why a clear candidate was not chosen that had free capacity before the round."""
        worst = None if self._share.missing else self._worst
        if worst and candidate.cost >= worst.cost:
            further = RANK[candidate.wave] > RANK[worst.wave]
            return Choice.LATER_WAVE if further else Choice.NOT_NEEDED
        if not self._free(candidate, self._is_booked_or_more_urgent):
            return Choice.MORE_URGENT
        if not self._kept and self._free(candidate, _is_anything):
            return Choice.GIVEN_UP
        return Choice.BETTER_USED

    def _behind_by(self, candidate: Candidate) -> float | None:
        return candidate.score.value - self._worst.score.value if self._worst else None

    def _free(self, candidate: Candidate, counts: Callable[[Use], bool]) -> int:
        return self._occupancy.free(candidate, self._share.field, counts)

    def _is_booked_or_more_urgent(self, use: Use) -> bool:
        own = self._tiers[self._share.field.request.request_id]
        return _is_booked(use) or self._tiers[use.request_id] < own


def _is_booked(use: Use) -> bool:
    return isinstance(use, Booking)


def _is_anything(_use: Use) -> bool:
    return True
