"""How reviews, flags and rule packs look from outside."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field

from muster.contracts.event import Contract
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import (
    FlagId,
    OrganisationId,
    RequestId,
    ReviewId,
)
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import ReviewStatus
from services.matching.adoptions import Adoption
from services.matching.domain.finding import Finding
from services.matching.domain.flag import Flag, FlagStatus
from services.matching.reviews import ReviewReading


class FindingView(Contract):
    """What one rule says against a provider, and how far the rule can be relied on."""

    rule: str
    fact: Annotated[str | None, Field(description="What was found; operators alone may know.")]
    wanted: Annotated[str, Field(description="What would make it pass.")]
    summary: Annotated[str, Field(description="The rule in words; empty if there is no rule.")]
    source: str
    stated_on: date | None
    confidence: str

    @classmethod
    def of(cls, finding: Finding, *, whole: bool) -> "FindingView":
        """Return the view of a finding, with the provider's fact only if it is the whole."""
        return cls(
            rule=finding.rule,
            fact=finding.fact if whole else None,
            wanted=finding.wanted,
            summary=finding.summary,
            source=finding.source,
            stated_on=finding.stated_on,
            confidence=finding.confidence,
        )


class ReviewView(Contract):
    """May this provider do this kind of work, armed or not, in this country?"""

    review_id: ReviewId
    status: ReviewStatus
    provider_id: OrganisationId
    country: Country
    kind: CapabilityKind
    armed: bool
    findings: tuple[FindingView, ...]
    requests_waiting: Annotated[int, Field(description="How many look for providers meanwhile.")]
    newest_waiting: Annotated[tuple[RequestId, ...], Field(description="At most ten of them.")]
    opened_at: AwareDatetime
    decided_at: AwareDatetime | None
    decided_by: Annotated[str, Field(description="The API client; empty while it is open.")]
    reason: str
    version: int

    @classmethod
    def of(cls, reading: ReviewReading) -> "ReviewView":
        """Return the view of a review."""
        review = reading.review
        return cls(
            review_id=review.review_id,
            status=review.status,
            provider_id=review.provider_id,
            country=review.country,
            kind=review.kind,
            armed=review.armed,
            findings=tuple(FindingView.of(each, whole=True) for each in review.findings),
            requests_waiting=reading.waiting,
            newest_waiting=reading.newest,
            opened_at=review.opened_at,
            decided_at=review.decided_at,
            decided_by=review.decided_by,
            reason=review.reason,
            version=review.version,
        )


class FlagView(Contract):
    """A provider that is committed to a request and no longer passes these rules."""

    flag_id: FlagId
    request_id: RequestId
    provider_id: OrganisationId
    status: FlagStatus
    findings: tuple[FindingView, ...]
    rule_pack: str
    raised_at: AwareDatetime
    cleared_at: AwareDatetime | None
    version: int

    @classmethod
    def of(cls, flag: Flag, *, whole: bool) -> "FlagView":
        """Return the view of a flag, with the provider's facts only if it is the whole."""
        return cls(
            flag_id=flag.flag_id,
            request_id=flag.request_id,
            provider_id=flag.provider_id,
            status=flag.status,
            findings=tuple(FindingView.of(each, whole=whole) for each in flag.findings),
            rule_pack=flag.rule_pack,
            raised_at=flag.raised_at,
            cleared_at=flag.cleared_at,
            version=flag.version,
        )


class RulePackView(Contract):
    """A rule pack that came into force, and what judging everything again by it has changed."""

    sequence: Annotated[int, Field(description="In the order in which they came into force.")]
    rule_pack: str
    previous: str
    adopted_at: AwareDatetime
    finished_at: Annotated[
        AwareDatetime | None, Field(description="Null while requests are judged again.")
    ]
    requests_checked: int
    assignments_flagged: int
    offers_withdrawn: int

    @classmethod
    def of(cls, adoption: Adoption) -> "RulePackView":
        """Return the view of an adoption."""
        return cls(
            sequence=adoption.sequence,
            rule_pack=adoption.rule_pack,
            previous=adoption.previous,
            adopted_at=adoption.adopted_at,
            finished_at=adoption.finished_at,
            requests_checked=adoption.requests_checked,
            assignments_flagged=adoption.assignments_flagged,
            offers_withdrawn=adoption.offers_withdrawn,
        )
