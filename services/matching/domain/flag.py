"""A flag: somebody who is committed no longer passes the rules."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from muster.contracts.vocabulary.identifiers import FlagId, OrganisationId, RequestId
from services.matching.domain.finding import Finding


class FlagStatus(StrEnum):
    """Whether what was found still holds."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Flag:
    """What stands against one provider of one confirmed request.

    A machine never ends work while people stand in the field: it raises a flag, and an operator
    decides. There is one for each provider of a request; it may be raised again.
    """

    flag_id: FlagId
    request_id: RequestId
    enterprise_id: OrganisationId
    provider_id: OrganisationId
    findings: tuple[Finding, ...]
    rule_pack: str
    raised_at: datetime
    status: FlagStatus = FlagStatus.RAISED
    cleared_at: datetime | None = None
    version: int = 1

    @property
    def is_raised(self) -> bool:
        """Tell whether it stands."""
        return self.status is FlagStatus.RAISED

    def raised(self, findings: tuple[Finding, ...], rule_pack: str, now: datetime) -> "Flag":
        """Return the flag raised for these findings; itself if it stands for the same rules."""
        if self.is_raised and _rules(findings) == _rules(self.findings):
            return self
        return replace(
            self,
            findings=findings,
            rule_pack=rule_pack,
            raised_at=self.raised_at if self.is_raised else now,
            status=FlagStatus.RAISED,
            cleared_at=None,
            version=self.version + 1,
        )

    def cleared(self, rule_pack: str, now: datetime) -> "Flag":
        """Return the flag taken down; itself if it was."""
        if not self.is_raised:
            return self
        return replace(
            self,
            rule_pack=rule_pack,
            status=FlagStatus.CLEARED,
            cleared_at=now,
            version=self.version + 1,
        )


def _rules(findings: tuple[Finding, ...]) -> frozenset[tuple[str, str]]:
    return frozenset((finding.rule, finding.key) for finding in findings)
