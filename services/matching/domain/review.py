"""A review: an operator decides what the rules leave open."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId, ReviewId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import REVIEW, ReviewStatus
from services.matching.domain.finding import Finding


@dataclass(frozen=True)
class Review:
    """May this provider do this kind of work, armed or not, in this country?

    The answer holds for the rules it was given about, as they were worded: another rule, or
    another wording, is another review. `revision` numbers the decision among all changes to what
    candidates are judged by.
    """

    review_id: ReviewId
    provider_id: OrganisationId
    country: Country
    kind: CapabilityKind
    armed: bool
    findings: tuple[Finding, ...]
    opened_at: datetime
    status: ReviewStatus = ReviewStatus.OPEN
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    revision: int = 0
    version: int = 1

    @property
    def keys(self) -> frozenset[str]:
        """Return what it is about: each rule with its wording."""
        return frozenset(finding.key for finding in self.findings)

    @property
    def is_open(self) -> bool:
        """Tell whether the answer is still to come."""
        return self.status is ReviewStatus.OPEN

    def joined(self, findings: Iterable[Finding]) -> "Review":
        """Return the open review with what else was found; itself if nothing is new."""
        new = tuple(finding for finding in findings if finding.key not in self.keys)
        if not new:
            return self
        return replace(self, findings=self.findings + new, version=self.version + 1)

    def decided(
        self, answer: ReviewStatus, *, by: str, reason: str, now: datetime, revision: int
    ) -> "Review":
        """Return the review with this answer; raise IllegalTransition."""
        REVIEW.check(self.status, answer)
        return replace(
            self,
            status=answer,
            decided_at=now,
            decided_by=by,
            reason=reason,
            revision=revision,
            version=self.version + 1,
        )
