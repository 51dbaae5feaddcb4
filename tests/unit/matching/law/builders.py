"""Builders of members with their papers, and of cases for the law to judge."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from muster.contracts.vocabulary.attributes import CapabilityAttributes, GuardAttributes
from muster.contracts.vocabulary.countries import ALLIANCE, Country
from muster.contracts.vocabulary.identifiers import OrganisationId, ReviewId
from muster.contracts.vocabulary.kinds import (
    AuthorisationKind,
    CapabilityKind,
    Environment,
    IcocaClass,
    InsuranceLine,
)
from muster.contracts.vocabulary.statuses import AuthorisationStatus, MemberStatus
from muster.contracts.vocabulary.values import Money, Window
from services.matching.domain.member import Member, Paper
from services.matching.domain.terms import HostStateProtection
from services.matching.engine.law.case import LegalCase
from services.matching.engine.policy import Decision
from services.matching.engine.verdicts import Verdict
from tests.stores import START

ALL_KINDS = frozenset(CapabilityKind)
A_YEAR = Window(START - timedelta(days=30), START + timedelta(days=335))
TOMORROW = Window(START + timedelta(hours=24), START + timedelta(hours=36))
RAN_OUT = Window(START - timedelta(days=400), START - timedelta(days=1))
WEEK = timedelta(days=7)
RECORD = HostStateProtection("Ministry of Interior", "no unit can be spared", START)

# Whom each country's rules on people want to see; empty: it has none.
NATIONALS: dict[Country, frozenset[Country]] = {
    "KH": frozenset({"KH"}),
    "MY": frozenset({"MY", "NP"}),
    "SG": frozenset({"SG"}),
}
PERSONAL_LICENCES = {"HK": frozenset({"HK-A", "HK-C"}), "SG": frozenset({"SG-officer"})}


def paper(kind: AuthorisationKind, **fields: Any) -> Paper:
    """Return a verified paper of a year."""
    return Paper(
        **{"kind": kind, "status": AuthorisationStatus.VERIFIED, "valid": A_YEAR, **fields}
    )


def licence(country: Country, **fields: Any) -> Paper:
    """Return a licence of this country for all kinds of work, unarmed unless told otherwise."""
    fields = {"jurisdiction": country, "activities": ALL_KINDS, **fields}
    return paper(AuthorisationKind.LICENCE, **fields)


def permit_to_serve_abroad(home: Country, **fields: Any) -> Paper:
    """Return the home state's permit to serve abroad."""
    fields = {"jurisdiction": home, "activities": ALL_KINDS, **fields}
    return paper(AuthorisationKind.PERMIT, **fields)


def joint_venture(country: Country, **fields: Any) -> Paper:
    """Return the registration of a local firm the member holds a share of."""
    return paper(AuthorisationKind.JOINT_VENTURE, jurisdiction=country, **fields)


def icoca(standing: IcocaClass = IcocaClass.MEMBER, **fields: Any) -> Paper:
    """Return a standing with ICoCA."""
    return paper(AuthorisationKind.ICOCA, icoca_class=standing, **fields)


def certificate(standard: str = "ISO 18788", **fields: Any) -> Paper:
    """Return a certificate of this standard, in the environment it is for."""
    sea = Environment.SEA if standard == "ISO 28007" else Environment.LAND
    return paper(AuthorisationKind.CERTIFICATE, standard=standard, environment=sea, **fields)


def policy(*, dollars: int = 1_000_000, **fields: Any) -> Paper:
    """Return a liability policy that pays in the whole alliance, for armed work too."""
    fields = {
        "limit": Money(dollars * 100, "USD"),
        "territory": ALLIANCE,
        "lines": frozenset({InsuranceLine.LIABILITY}),
        **fields,
    }
    return paper(AuthorisationKind.INSURANCE_POLICY, **fields)


def member(name: str, home: Country, papers: Iterable[Paper] = ()) -> Member:
    """Return an active member at home in this country, with these papers."""
    return Member(
        OrganisationId(f"org_{name}"), 1, name.title(), home, MemberStatus.ACTIVE, tuple(papers)
    )


def local(country: Country, *papers: Paper) -> Member:
    """Return a member at home in this country; licensed there unless given other papers."""
    return member("local", country, papers or (licence(country),))


def armed_papers(country: Country) -> tuple[Paper, ...]:
    """Return all that armed work on land asks of a provider, in any country."""
    return (licence(country, armed=True), icoca(), certificate(), policy())


def guards(country: Country, **fields: Any) -> GuardAttributes:
    """Return people whom the country's rules on people let serve."""
    return GuardAttributes(
        **{
            "kind": "guards",
            "nationalities": NATIONALS.get(country, frozenset({country})),
            "personnel_licences": PERSONAL_LICENCES.get(country, frozenset()),
            **fields,
        }
    )


def case(
    provider: Member, host: Country, attributes: CapabilityAttributes | None = None, **fields: Any
) -> LegalCase:
    """Return unarmed guards on land for tomorrow with a margin of a week, unless told otherwise."""
    attributes = attributes or guards(host)
    kind = CapabilityKind(attributes.kind)
    on_land = Environment.LAND if kind is CapabilityKind.GUARDS else None
    return LegalCase(
        **{
            "provider": provider,
            "attributes": attributes,
            "kind": kind,
            "host": host,
            "environment": on_land,
            "window": TOMORROW,
            "margin": WEEK,
            **fields,
        }
    )


def armed_case(provider: Member, host: Country, **fields: Any) -> LegalCase:
    """Return armed guards on land, asked for with the record that the host cannot protect."""
    attributes = guards(host, armed=True)
    return case(provider, host, attributes, **{"armed": True, "host_protection": RECORD, **fields})


def decision(*keys: str, cleared: bool = True) -> Decision:
    """Return an operator's decision about these rules."""
    return Decision(ReviewId("rev_1"), cleared, frozenset(keys), "the embassy has confirmed it")


def without(provider: Member, kind: AuthorisationKind) -> Member:
    """Return the member without its papers of this kind."""
    return replace(provider, papers=tuple(p for p in provider.papers if p.kind is not kind))


def by_rule(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Return the verdicts by the id of their rule."""
    return {verdict.rule: verdict for verdict in verdicts}
