"""What each demand turns on: which papers would meet it, and what else must be so."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.kinds import AuthorisationKind, IcocaClass
from muster.contracts.vocabulary.values import Money
from services.matching.domain.member import Paper
from services.matching.engine.law.case import LegalCase
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

Papers = tuple[Paper, ...]


class Evidence(NamedTuple):
    """A demand is met if one paper of each group holds, and `met`; None: nobody has said.

    Whether a paper holds, that is, is verified and valid long enough, is not looked at here.
    """

    groups: tuple[Papers, ...] = ()
    met: bool | None = True


_AT_LEAST: Mapping[IcocaClass, frozenset[IcocaClass]] = {
    lowest: frozenset(each for each in IcocaClass if each.rank >= lowest.rank)
    for lowest in IcocaClass
}
MET = Evidence()
UNMET = Evidence(met=False)


def evidence(demand: Demand, case: LegalCase) -> Evidence:
    """Return what this demand turns on in this case."""
    return _EVIDENCE[demand.aspect](demand, case)


def standing_papers(case: LegalCase, minimum: IcocaClass) -> Papers:
    """Return the papers on an ICoCA class of at least this."""
    good, papers = _AT_LEAST[minimum], case.papers_of(AuthorisationKind.ICOCA)
    return tuple([paper for paper in papers if paper.icoca_class in good])


def cover_papers(case: LegalCase, demand: CoverDemand, limit: Money | None = None) -> Papers:
    """Return the policies that pay in the host state, for arms if armed, and up to this limit."""
    return tuple(
        [
            paper
            for paper in case.papers_of(AuthorisationKind.INSURANCE_POLICY)
            if demand.line in paper.lines
            and case.host in paper.territory
            and not (case.armed and paper.armed_excluded)
            and (limit is None or _reaches(paper.limit, limit))
        ]
    )


def _reaches(has: Money | None, limit: Money) -> bool:
    # Sums in different currencies are not compared: a guess would be a silent yes or no.
    same = has is not None and has.currency == limit.currency
    return has is not None and same and has.minor_units >= limit.minor_units


def _licence(_demand: LicenceDemand, case: LegalCase) -> Evidence:
    return Evidence((case.permissions,))


def _stance(demand: ForeignDemand | ArmedDemand, case: LegalCase) -> Evidence:
    if demand.stance is Stance.ALLOWED:
        return MET
    if demand.stance is Stance.BARRED:
        return UNMET
    if demand.stance is Stance.PERMIT_NEEDED:
        return Evidence((case.permissions,))
    ventures = case.papers_of(AuthorisationKind.JOINT_VENTURE)
    return Evidence((tuple([paper for paper in ventures if paper.jurisdiction == case.host]),))


def _personnel(demand: PersonnelDemand, case: LegalCase) -> Evidence:
    team = case.attributes
    if not isinstance(team, GuardAttributes):
        return Evidence(met=None)
    licensed = bool(demand.licences & team.personnel_licences)
    native = bool(team.nationalities) and team.nationalities <= demand.nationalities
    if licensed or native:
        return MET
    unsaid = (demand.licences and not team.personnel_licences) or (
        demand.nationalities and not team.nationalities
    )
    return Evidence(met=None if unsaid else False)


def _abroad(_demand: AbroadDemand, case: LegalCase) -> Evidence:
    home, kind, armed = case.provider.home_country, case.kind, case.armed
    # A licence of the home state is for work at home; it says nothing of abroad.
    permits = case.papers_of(AuthorisationKind.PERMIT)
    return Evidence(
        (
            tuple(
                [
                    permit
                    for permit in permits
                    if permit.is_given_by(home, kind, armed=armed) and permit.counts_in(case.host)
                ]
            ),
        )
    )


def _standing(demand: StandingDemand, case: LegalCase) -> Evidence:
    groups: list[Papers] = []
    if demand.minimum_class is not None:
        groups.append(standing_papers(case, demand.minimum_class))
    accepted = accepted_standards(demand, case)
    if accepted:
        groups.append(_certificates(accepted, case))
    return Evidence(tuple(groups))


def accepted_standards(demand: StandingDemand, case: LegalCase) -> frozenset[str]:
    """Return the standards one of which must be certified here; none: no certificate is asked."""
    if case.environment is None:
        return frozenset().union(*demand.standards.values())
    return demand.standards.get(case.environment, frozenset())


def _certificates(accepted: frozenset[str], case: LegalCase) -> Papers:
    certificates = case.papers_of(AuthorisationKind.CERTIFICATE)
    fitting = (None, case.environment)
    return tuple(
        [
            paper
            for paper in certificates
            if paper.standard in accepted
            and (case.environment is None or paper.environment in fitting)
        ]
    )


def _cover(demand: CoverDemand, case: LegalCase) -> Evidence:
    return Evidence((cover_papers(case, demand),))


def _host_protection(_demand: HostProtectionDemand, case: LegalCase) -> Evidence:
    return MET if case.host_protection is not None else UNMET


# Keyed by aspect, which each class of demand has of its own.
_EVIDENCE: Mapping[Aspect, Callable[[Any, LegalCase], Evidence]] = {
    Aspect.LICENCE: _licence,
    Aspect.FOREIGN: _stance,
    Aspect.ARMED: _stance,
    Aspect.PERSONNEL: _personnel,
    Aspect.ABROAD: _abroad,
    Aspect.STANDING: _standing,
    Aspect.COVER: _cover,
    Aspect.HOST_PROTECTION: _host_protection,
}
