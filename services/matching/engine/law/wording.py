"""How verdicts of law read: the papers seen, and what would make a rule pass."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.kinds import AuthorisationKind
from muster.contracts.vocabulary.values import Money
from services.matching.engine.law.case import LegalCase, described
from services.matching.engine.law.evidence import accepted_standards
from services.matching.engine.law.rules import (
    AbroadDemand,
    ArmedDemand,
    Aspect,
    CoverDemand,
    Demand,
    ForeignDemand,
    HostProtectionDemand,
    LicenceDemand,
    PersonnelDemand,
    Stance,
    StandingDemand,
)


def fact(demand: Demand, case: LegalCase) -> str:
    """Return what the case shows on this demand."""
    return _FACTS[demand.aspect](demand, case)


def wanted(demand: Demand, case: LegalCase) -> str:
    """Return what would meet this demand."""
    return _WANTED[demand.aspect](demand, case)


def money(amount: Money) -> str:
    """Return an amount in words."""
    return f"{amount.minor_units} {amount.currency} (minor units)"


def listed(words: Iterable[str]) -> str:
    """Return these words in order."""
    return ", ".join(sorted(words)) or "none"


def _permissions(_demand: LicenceDemand, case: LegalCase) -> str:
    return case.host_permissions


def _permission_wanted(_demand: LicenceDemand, case: LegalCase) -> str:
    return case.permission_wanted


def _joint_ventures(case: LegalCase) -> str:
    papers = case.papers_of(AuthorisationKind.JOINT_VENTURE)
    return described([paper for paper in papers if paper.jurisdiction == case.host])


def _foreign_fact(demand: ForeignDemand, case: LegalCase) -> str:
    home = f"home state {case.provider.home_country}"
    if demand.stance is Stance.JOINT_VENTURE_ONLY:
        return f"{home}; joint venture in {case.host}: {_joint_ventures(case)}"
    return f"{home}; {case.host_permissions}" if demand.stance is Stance.PERMIT_NEEDED else home


def _foreign_wanted(demand: ForeignDemand, case: LegalCase) -> str:
    if demand.stance is Stance.PERMIT_NEEDED:
        return f"from abroad, {case.permission_wanted}"
    if demand.stance is Stance.JOINT_VENTURE_ONLY:
        return f"from abroad, a joint venture in {case.host}, {case.until}"
    if demand.stance is Stance.BARRED:
        return f"a provider whose home state is {case.host}"
    return f"{case.host} admits providers from abroad"


def _armed_fact(demand: ArmedDemand, case: LegalCase) -> str:
    if demand.stance is Stance.JOINT_VENTURE_ONLY:
        return f"joint venture in {case.host}: {_joint_ventures(case)}"
    return case.host_permissions if demand.stance is Stance.PERMIT_NEEDED else "armed work"


def _armed_wanted(demand: ArmedDemand, case: LegalCase) -> str:
    if demand.stance is Stance.PERMIT_NEEDED:
        return case.permission_wanted
    if demand.stance is Stance.JOINT_VENTURE_ONLY:
        return f"a joint venture in {case.host}, {case.until}"
    if demand.stance is Stance.BARRED:
        return f"unarmed work: {case.host} bars private armed work"
    return f"{case.host} allows private armed work"


def _personnel_fact(_demand: PersonnelDemand, case: LegalCase) -> str:
    team = case.attributes
    if not isinstance(team, GuardAttributes):
        return "no people named"
    nationalities = ", ".join(sorted(team.nationalities)) or "not stated"
    licences = ", ".join(sorted(team.personnel_licences)) or "not stated"
    return f"nationalities {nationalities}; personal licences {licences}"


def _personnel_wanted(demand: PersonnelDemand, _case: LegalCase) -> str:
    ways = []
    if demand.licences:
        ways.append(f"a personal licence of {listed(demand.licences)}")
    if demand.nationalities:
        ways.append(f"nationals of {listed(demand.nationalities)} only")
    return f"people with {' or '.join(ways)}" if demand.licences else ways[0]


def _abroad_fact(_demand: AbroadDemand, case: LegalCase) -> str:
    home = case.provider.home_country
    permits = case.papers_of(AuthorisationKind.PERMIT)
    return f"home state {home}; {described([p for p in permits if p.jurisdiction == home])}"


def _abroad_wanted(_demand: AbroadDemand, case: LegalCase) -> str:
    home = case.provider.home_country
    return f"a permit of the home state {home} for {case.work} in {case.host}, {case.until}"


def _standing_fact(_demand: StandingDemand, case: LegalCase) -> str:
    kinds = AuthorisationKind.ICOCA, AuthorisationKind.CERTIFICATE
    return described(case.papers_of(*kinds))


def _standing_wanted(demand: StandingDemand, case: LegalCase) -> str:
    parts = []
    if demand.minimum_class is not None:
        parts.append(f"ICoCA class {demand.minimum_class.value} or better")
    if accepted := accepted_standards(demand, case):
        parts.append(f"a certificate of {' or '.join(sorted(accepted))}")
    return f"{' and '.join(parts) or 'nothing'}, {case.until}"


def _cover_fact(_demand: CoverDemand, case: LegalCase) -> str:
    return described(case.papers_of(AuthorisationKind.INSURANCE_POLICY))


def _cover_wanted(demand: CoverDemand, case: LegalCase) -> str:
    arms = ", arms not excluded" if case.armed else ""
    return f"a policy of {demand.line.value} that pays in {case.host}{arms}, {case.until}"


def _host_protection_fact(_demand: HostProtectionDemand, case: LegalCase) -> str:
    record = case.host_protection
    if record is None:
        return "no record in the request"
    return f"{record.asked} asked; established {record.established_at.isoformat()}"


def _host_protection_wanted(_demand: HostProtectionDemand, case: LegalCase) -> str:
    return f"a record in the request (host_state_protection) that {case.host} cannot protect"


# Keyed by aspect, which each class of demand has of its own.
_FACTS: Mapping[Aspect, Callable[[Any, LegalCase], str]] = {
    Aspect.LICENCE: _permissions,
    Aspect.FOREIGN: _foreign_fact,
    Aspect.ARMED: _armed_fact,
    Aspect.PERSONNEL: _personnel_fact,
    Aspect.ABROAD: _abroad_fact,
    Aspect.STANDING: _standing_fact,
    Aspect.COVER: _cover_fact,
    Aspect.HOST_PROTECTION: _host_protection_fact,
}
_WANTED: Mapping[Aspect, Callable[[Any, LegalCase], str]] = {
    Aspect.LICENCE: _permission_wanted,
    Aspect.FOREIGN: _foreign_wanted,
    Aspect.ARMED: _armed_wanted,
    Aspect.PERSONNEL: _personnel_wanted,
    Aspect.ABROAD: _abroad_wanted,
    Aspect.STANDING: _standing_wanted,
    Aspect.COVER: _cover_wanted,
    Aspect.HOST_PROTECTION: _host_protection_wanted,
}
