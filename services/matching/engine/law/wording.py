"""How verdicts of law read: the papers seen, and what would make a rule pass."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.kinds import AuthorisationKind
from muster.contracts.vocabulary.values import Money
from services.matching.domain.member import LAWFUL, Paper
from services.matching.engine.law.case import LegalCase
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


def papers_of(case: LegalCase, kinds: tuple[AuthorisationKind, ...]) -> str:
    """Return all papers of these kinds, in words."""
    return described(paper for paper in case.provider.papers if paper.kind in kinds)


def described(papers: Iterable[Paper]) -> str:
    """Return these papers in words."""
    return "; ".join([_paper(paper) for paper in papers]) or "none on record"


def until(case: LegalCase) -> str:
    """Return how long papers must be valid, in words."""
    if case.window is None:
        return "verified"
    first, last = case.window.starts_at, case.window.ends_at + case.margin
    return f"verified, valid from {first.isoformat()} to {last.isoformat()}"


def money(amount: Money) -> str:
    """Return an amount in words."""
    return f"{amount.minor_units} {amount.currency} (minor units)"


def work(case: LegalCase) -> str:
    """Return what kind of work it is, in words."""
    return f"armed {case.kind.value}" if case.armed else case.kind.value


def listed(words: Iterable[str]) -> str:
    """Return these words in order."""
    return ", ".join(sorted(words)) or "none"


def _paper(paper: Paper) -> str:
    valid = paper.valid
    return (
        f"{paper.kind.value}{_PARTICULARS[paper.kind](paper)} {paper.status.value}, "
        f"{valid.starts_at.isoformat()} to {valid.ends_at.isoformat()}"
    )


def _permission(paper: Paper) -> str:
    armed = "armed " if paper.armed else ""
    return f" of {paper.jurisdiction} for {armed}{listed(paper.activities)}"


def _policy(paper: Paper) -> str:
    limit = f" up to {money(paper.limit)}" if paper.limit else ""
    arms = ", arms excluded" if paper.armed_excluded else ""
    return f" ({listed(paper.lines)}) in {listed(paper.territory)}{limit}{arms}"


def _certificate(paper: Paper) -> str:
    return f" {paper.standard}"


def _icoca(paper: Paper) -> str:
    return f" {paper.icoca_class}"


def _joint_venture(paper: Paper) -> str:
    return f" in {paper.jurisdiction}"


_PARTICULARS: Mapping[AuthorisationKind, Callable[[Paper], str]] = {
    AuthorisationKind.LICENCE: _permission,
    AuthorisationKind.PERMIT: _permission,
    AuthorisationKind.ICOCA: _icoca,
    AuthorisationKind.CERTIFICATE: _certificate,
    AuthorisationKind.INSURANCE_POLICY: _policy,
    AuthorisationKind.JOINT_VENTURE: _joint_venture,
}


def _host_permissions(_demand: LicenceDemand, case: LegalCase) -> str:
    host = case.host
    return described(p for p in case.provider.papers if p.kind in LAWFUL and p.jurisdiction == host)


def _host_permission_wanted(_demand: LicenceDemand, case: LegalCase) -> str:
    return f"a licence or permit of {case.host} for {work(case)}, {until(case)}"


def _foreign_fact(demand: ForeignDemand, case: LegalCase) -> str:
    home = f"home state {case.provider.home_country}"
    if demand.stance is Stance.JOINT_VENTURE_ONLY:
        ventures = (
            paper
            for paper in case.provider.papers
            if paper.kind is AuthorisationKind.JOINT_VENTURE and paper.jurisdiction == case.host
        )
        return f"{home}; joint venture in {case.host}: {described(ventures)}"
    if demand.stance is Stance.PERMIT_NEEDED:
        return f"{home}; {_host_permissions(LicenceDemand(), case)}"
    return home


def _foreign_wanted(demand: ForeignDemand, case: LegalCase) -> str:
    host = case.host
    return {
        Stance.ALLOWED: f"{host} admits providers from abroad",
        Stance.PERMIT_NEEDED: f"from abroad, {_host_permission_wanted(LicenceDemand(), case)}",
        Stance.JOINT_VENTURE_ONLY: f"from abroad, a joint venture in {host}, {until(case)}",
        Stance.BARRED: f"a provider whose home state is {host}",
    }[demand.stance]


def _armed_fact(demand: ArmedDemand, case: LegalCase) -> str:
    if demand.stance is Stance.PERMIT_NEEDED:
        return _host_permissions(LicenceDemand(), case)
    return "armed work is asked for"


def _armed_wanted(demand: ArmedDemand, case: LegalCase) -> str:
    host = case.host
    return {
        Stance.ALLOWED: f"{host} allows private armed work",
        Stance.PERMIT_NEEDED: _host_permission_wanted(LicenceDemand(), case),
        Stance.JOINT_VENTURE_ONLY: f"a joint venture in {host}, {until(case)}",
        Stance.BARRED: f"unarmed work: {host} bars private armed work",
    }[demand.stance]


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
    permits = (
        paper
        for paper in case.provider.papers
        if paper.kind is AuthorisationKind.PERMIT and paper.jurisdiction == home
    )
    return f"home state {home}; {described(permits)}"


def _abroad_wanted(_demand: AbroadDemand, case: LegalCase) -> str:
    home = case.provider.home_country
    return f"a permit of the home state {home} for {work(case)} in {case.host}, {until(case)}"


def _standing_fact(_demand: StandingDemand, case: LegalCase) -> str:
    return papers_of(case, (AuthorisationKind.ICOCA, AuthorisationKind.CERTIFICATE))


def _standing_wanted(demand: StandingDemand, case: LegalCase) -> str:
    parts = []
    if demand.minimum_class is not None:
        parts.append(f"ICoCA class {demand.minimum_class.value} or better")
    if accepted := accepted_standards(demand, case):
        parts.append(f"a certificate of {' or '.join(sorted(accepted))}")
    return f"{' and '.join(parts) or 'nothing'}, {until(case)}"


def _cover_fact(_demand: CoverDemand, case: LegalCase) -> str:
    return papers_of(case, (AuthorisationKind.INSURANCE_POLICY,))


def _cover_wanted(demand: CoverDemand, case: LegalCase) -> str:
    arms = ", arms not excluded" if case.armed else ""
    return f"a policy of {demand.line.value} that pays in {case.host}{arms}, {until(case)}"


def _host_protection_fact(_demand: HostProtectionDemand, case: LegalCase) -> str:
    record = case.host_protection
    if record is None:
        return "no record in the request"
    return f"{record.asked} asked; established {record.established_at.isoformat()}"


def _host_protection_wanted(_demand: HostProtectionDemand, case: LegalCase) -> str:
    return f"a record in the request (host_state_protection) that {case.host} cannot protect"


# Keyed by aspect, which each class of demand has of its own.
_FACTS: Mapping[Aspect, Callable[[Any, LegalCase], str]] = {
    Aspect.LICENCE: _host_permissions,
    Aspect.FOREIGN: _foreign_fact,
    Aspect.ARMED: _armed_fact,
    Aspect.PERSONNEL: _personnel_fact,
    Aspect.ABROAD: _abroad_fact,
    Aspect.STANDING: _standing_fact,
    Aspect.COVER: _cover_fact,
    Aspect.HOST_PROTECTION: _host_protection_fact,
}
_WANTED: Mapping[Aspect, Callable[[Any, LegalCase], str]] = {
    Aspect.LICENCE: _host_permission_wanted,
    Aspect.FOREIGN: _foreign_wanted,
    Aspect.ARMED: _armed_wanted,
    Aspect.PERSONNEL: _personnel_wanted,
    Aspect.ABROAD: _abroad_wanted,
    Aspect.STANDING: _standing_wanted,
    Aspect.COVER: _cover_wanted,
    Aspect.HOST_PROTECTION: _host_protection_wanted,
}
