"""What the rules find against somebody, what an operator decides, and which rules are in force."""

from typing import Annotated, ClassVar

from pydantic import Field

from muster.contracts.event import Contract, Event
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId, ReviewId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import ReviewStatus


class Finding(Contract):
    """What one rule says against somebody, and what would change it."""

    rule: str
    fact: str
    wanted: str


class AssignmentFlagged(Event):
    """A committed provider no longer passes the rules; an operator must decide what to do.

    `version` counts what is said of this provider of this request, flagged and cleared alike.
    """

    event_type: ClassVar[str] = "muster.matching.assignment.flagged.v1"
    about: ClassVar[str] = "request_id"

    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    version: Annotated[int, Field(ge=1)]
    findings: Annotated[tuple[Finding, ...], Field(min_length=1)]
    rule_pack: str


class AssignmentCleared(Event):
    """A flagged provider passes the rules again."""

    event_type: ClassVar[str] = "muster.matching.assignment.cleared.v1"
    about: ClassVar[str] = "request_id"

    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    version: Annotated[int, Field(ge=1)]
    rule_pack: str


class ReviewEvent(Event):
    """Base of events about a review: may this provider do this kind of work there?"""

    about: ClassVar[str] = "review_id"

    review_id: ReviewId
    provider_id: OrganisationId
    country: Country
    kind: CapabilityKind
    armed: bool
    status: ReviewStatus
    findings: tuple[Finding, ...]


class ReviewOpened(ReviewEvent):
    """The rules leave a candidate open who is needed; an operator must decide."""

    event_type: ClassVar[str] = "muster.matching.review.opened.v1"


class ReviewDecided(ReviewEvent):
    """An operator decided; requests that waited for it are sourced again."""

    event_type: ClassVar[str] = "muster.matching.review.decided.v1"

    reason: str


class RulePackAdopted(Event):
    """Another version of the rules is in force; says who no longer passes."""

    event_type: ClassVar[str] = "muster.matching.rule_pack.adopted.v1"
    about: ClassVar[str] = "rule_pack"

    rule_pack: str
    previous: str
    requests_checked: Annotated[int, Field(ge=0)]
    assignments_flagged: Annotated[int, Field(ge=0)]
    offers_withdrawn: Annotated[int, Field(ge=0)]
