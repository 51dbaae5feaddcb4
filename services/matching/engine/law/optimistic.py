"""The best that law can say of a capability, whatever the request: for the search index."""

from datetime import UTC, datetime
from typing import NamedTuple

from muster.contracts.vocabulary.attributes import (
    CapabilityAttributes,
    GuardAttributes,
    VehicleAttributes,
)
from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import CapabilityKind, Environment
from services.matching.domain.member import Member
from services.matching.domain.terms import HostStateProtection
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.evidence import evidence
from services.matching.engine.law.judge import decided, ruling_on, silence_id, silence_key
from services.matching.engine.law.rules import RulePack
from services.matching.engine.policy import Decision
from services.matching.engine.verdicts import Ruling

# What a request may bring is taken to be there.
_BROUGHT = HostStateProtection("", "", datetime(2000, 1, 1, tzinfo=UTC))


class Outlook(NamedTuple):
    """The best ruling there can be, and between which times the work must lie to get it or review.

    Work that starts before `since`, or whose end plus margin is after `until`, is sure to fail;
    None: dates do not matter.
    """

    ruling: Ruling
    since: datetime | None = None
    until: datetime | None = None


_HOPELESS = Outlook(Ruling.FAILED)


def optimistic(
    pack: RulePack,
    provider: Member,
    attributes: CapabilityAttributes,
    kind: CapabilityKind,
    host: Country,
    armed: bool,
    decision: Decision | None,
) -> Outlook:
    """Return the best that any request for this work could get, whatever it says itself.

    Sound: no request, in an environment the attributes name, gets better from `judge`.
    """
    outlooks = [
        _outlook(
            pack,
            LegalCase(
                provider=provider,
                attributes=attributes,
                kind=kind,
                host=host,
                armed=armed,
                environment=environment,
                host_protection=_BROUGHT,
                decision=decision,
            ),
        )
        for environment in _environments(attributes)
    ]
    hopeful = [outlook for outlook in outlooks if outlook.ruling is not Ruling.FAILED]
    if len(hopeful) <= 1:
        return hopeful[0] if hopeful else _HOPELESS
    return Outlook(
        Ruling.PASSED if any(o.ruling is Ruling.PASSED for o in hopeful) else Ruling.REVIEW,
        _unless_unbounded([o.since for o in hopeful], earliest=True),
        _unless_unbounded([o.until for o in hopeful], earliest=False),
    )


def _environments(attributes: CapabilityAttributes) -> tuple[Environment | None, ...]:
    if isinstance(attributes, GuardAttributes):
        return tuple(sorted(attributes.environments)) or (None,)
    return (attributes.environment if isinstance(attributes, VehicleAttributes) else None,)


def _outlook(pack: RulePack, case: LegalCase) -> Outlook:
    applicable = pack.applying(case.circumstances)
    rulings = [
        decided(Ruling.REVIEW, silence_key(silence_id(aspect, case)), case.decision)
        for aspect in applicable.missing
    ]
    since: list[datetime] = []
    until: list[datetime] = []
    for rule in applicable.rules:
        found = evidence(rule.demand, case)
        ruling = ruling_on(rule, found, case)
        rulings.append(decided(ruling, rule.key, case.decision))
        if ruling is Ruling.PASSED:  # so some paper of each group holds
            for group in found.groups:
                papers = [paper.valid for paper in group if case.holds(paper)]
                since.append(min([valid.starts_at for valid in papers]))
                until.append(max([valid.ends_at for valid in papers]))
    return _summed(rulings, max(since, default=None), min(until, default=None))


def _summed(rulings: list[Ruling], since: datetime | None, until: datetime | None) -> Outlook:
    never = since is not None and until is not None and since >= until
    if never or Ruling.FAILED in rulings:
        return _HOPELESS
    return Outlook(Ruling.REVIEW if Ruling.REVIEW in rulings else Ruling.PASSED, since, until)


def _unless_unbounded(bounds: list[datetime | None], *, earliest: bool) -> datetime | None:
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds):
        return None
    return min(known) if earliest else max(known)
