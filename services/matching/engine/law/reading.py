"""What rules of law find, worked out once and kept.

A provider is judged for one request after another, and between them neither it nor the law has
changed: what is found of its papers is kept for it as it stands, and what rules want for their
window. What is kept is made from what it is kept under and nothing else, so it is never out of
date: a provider that changes is another `Member`, and another rule pack has other rules that apply.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from muster.contracts.vocabulary.attributes import CapabilityAttributes, CrisisAttributes
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.statuses import AuthorisationStatus, MemberStatus
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Member
from services.matching.domain.terms import HostStateProtection
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.evidence import Papers, evidence
from services.matching.engine.law.rules import Applicable
from services.matching.engine.law.wording import fact, wanted

_NO_TEAM = CrisisAttributes("crisis_management", frozenset())

Spans = tuple[tuple[datetime, datetime], ...]


class Reading(NamedTuple):
    """What one rule finds of one provider, whenever the work is done.

    It is met if `met` (None: nobody has said) and a verified paper of each group is valid for the
    time of the work. `groups` are the times for which they are valid. `fact` tells it in words.
    """

    groups: tuple[Spans, ...]
    met: bool | None
    fact: str

    def holds(self, first: datetime, last: datetime) -> bool:
        """Tell whether a paper of each group is valid from the first of these to the last."""
        for group in self.groups:
            for valid_from, valid_to in group:
                if valid_from <= first and last <= valid_to:
                    break
            else:
                return False
        return True

    @property
    def is_verified(self) -> bool:
        """Tell whether there is a verified paper of each group, whatever its dates."""
        return all(self.groups)


def readings(applicable: Applicable, case: LegalCase) -> Sequence[Reading]:
    """Return what each of these rules finds in this case."""
    return _readings(applicable, case.provider, case.attributes, case.host_protection)


@lru_cache(maxsize=10_000)
def _readings(
    applicable: Applicable,
    provider: Member,
    attributes: CapabilityAttributes,
    host_protection: HostStateProtection | None,
) -> Sequence[Reading]:
    case = _case(applicable, provider, attributes, host_protection)
    found = []
    for rule in applicable.rules:
        seen = evidence(rule.demand, case)
        groups = tuple(map(_spans, seen.groups))
        found.append(Reading(groups, seen.met, fact(rule.demand, case)))
    return tuple(found)


def _spans(papers: Papers) -> Spans:
    verified = [paper for paper in papers if paper.status is AuthorisationStatus.VERIFIED]
    return tuple([(paper.valid.starts_at, paper.valid.ends_at) for paper in verified])


@lru_cache(maxsize=1000)
def wanted_by(applicable: Applicable, window: Window | None, margin: timedelta) -> Sequence[str]:
    """Return in words what would meet each of these rules for work in this window.

    That is the same for everybody in the same circumstances, so it is asked of nobody.
    """
    nobody = Member(OrganisationId(""), 0, "", applicable.circumstances.home, MemberStatus.ACTIVE)
    case = _case(applicable, nobody, _NO_TEAM, None, window, margin)
    return tuple([wanted(rule.demand, case) + rule.basis for rule in applicable.rules])


def _case(
    applicable: Applicable,
    provider: Member,
    attributes: CapabilityAttributes,
    host_protection: HostStateProtection | None,
    window: Window | None = None,
    margin: timedelta = timedelta(),
) -> LegalCase:
    """Return a case in these circumstances that knows of no request and no decision."""
    it = applicable.circumstances
    return LegalCase(
        provider=provider,
        attributes=attributes,
        kind=it.kind,
        host=it.host,
        armed=it.armed,
        environment=it.environment,
        window=window,
        margin=margin,
        key_unit=it.key_unit,
        host_protection=host_protection,
    )
