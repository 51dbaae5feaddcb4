"""A flag: matching says that whoever has the job no longer passes the rules, or does again."""

from dataclasses import dataclass
from datetime import datetime

from muster.contracts.vocabulary.identifiers import OrganisationId, RequestId


@dataclass(frozen=True)
class Finding:
    """What one rule says against the provider. `fact` is the provider's own affair."""

    rule: str
    fact: str
    wanted: str


@dataclass(frozen=True)
class Flag:
    """What was last said of one provider of one request; a higher version supersedes a lower one.

    It may be heard before the job is opened.
    """

    request_id: RequestId
    provider_id: OrganisationId
    version: int
    raised: bool
    findings: tuple[Finding, ...]
    rule_pack: str
    since: datetime
