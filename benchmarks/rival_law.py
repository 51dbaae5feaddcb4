"""The law as SQL over the papers themselves, for the rival that has nothing worked out before."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

import psycopg

from muster.contracts.vocabulary.countries import ALLIANCE
from muster.contracts.vocabulary.kinds import AuthorisationKind, IcocaClass, InsuranceLine
from muster.contracts.vocabulary.statuses import AuthorisationStatus
from services.matching.domain.member import LAWFUL, Member
from services.matching.engine.gate.case import environment_of, is_armed
from services.matching.engine.index import Search
from services.matching.engine.index.instants import length, span
from services.matching.engine.law.rules import (
    AbroadDemand,
    ArmedDemand,
    Circumstances,
    CoverDemand,
    ForeignDemand,
    LicenceDemand,
    PersonnelDemand,
    Rule,
    Stance,
    StandingDemand,
)
from services.matching.engine.policy import Policy

_TABLE = """
CREATE TABLE papers (owner int4 NOT NULL, kind text NOT NULL, jurisdiction text,
  armed bool NOT NULL, activities text[] NOT NULL, since int8 NOT NULL,
  until int8 NOT NULL, rank int2, standard text,
  environment text, cover int8, currency text, territory text[] NOT NULL, lines text[] NOT NULL,
  armed_excluded bool NOT NULL)"""
_VALID = "p.owner = serving.owner AND p.since <= %(since)s AND p.until >= %(until)s"


def fill_papers(
    connection: psycopg.Connection, members: Iterable[tuple[int, Member]], policy: Policy
) -> None:
    """Make the table of verified papers; the margin is taken off already."""
    connection.execute(_TABLE)
    with connection.cursor().copy("COPY papers FROM STDIN") as copy:
        for owner, member in members:
            for row in _rows(owner, member, length(policy.margin)):
                copy.write_row(row)
    connection.execute("CREATE INDEX by_holder ON papers (owner, kind, jurisdiction)")
    connection.execute("CLUSTER papers USING by_holder")
    connection.execute("VACUUM (FREEZE, ANALYZE) papers")


def _rows(owner: int, member: Member, margin: int) -> Iterator[tuple[Any, ...]]:
    for paper in member.papers:
        if paper.status is AuthorisationStatus.VERIFIED:
            since, until = span(paper.valid)
            yield (
                owner,
                paper.kind.value,
                paper.jurisdiction,
                paper.armed,
                [each.value for each in sorted(paper.activities)],
                since,
                until - margin,
                paper.icoca_class.rank if paper.icoca_class else None,
                paper.standard,
                paper.environment,
                paper.limit.minor_units if paper.limit else None,
                paper.limit.currency if paper.limit else None,
                sorted(paper.territory),
                [each.value for each in sorted(paper.lines)],
                paper.armed_excluded,
            )


def lawful(search: Search, policy: Policy) -> str:
    """Return the condition under which the law is clear."""
    passing, review = standing(search, policy)
    return f"{passing} AND NOT {review}"


def standing(search: Search, policy: Policy) -> tuple[str, str]:
    """Return the conditions under which no rule fails, and under which one asks for review."""
    host, armed = search.place.country, is_armed(search.required)
    passing: dict[str, frozenset[str]] = {}
    review: dict[str, frozenset[str]] = {}
    for home in sorted(ALLIANCE):
        asked = Circumstances(host, home, search.kind, armed, environment_of(search.required))
        applying = policy.pack.applying(asked)
        enforced = [rule for rule in applying.rules if rule.is_enforced]
        passing[home] = frozenset(condition(rule, search) for rule in enforced)
        open_to = frozenset(unsaid(rule) for rule in enforced if unsaid(rule))
        doubtful = applying.missing or len(enforced) < len(applying.rules)
        review[home] = frozenset({"true"}) if doubtful else open_to
    return _by_home(passing, "AND", "true"), _by_home(review, "OR", "false")


def _by_home(conditions: dict[str, frozenset[str]], joined: str, empty: str) -> str:
    """Return one condition out of those for each home, what is common to all only once."""
    common: frozenset[str] = reduce(frozenset.intersection, conditions.values())
    homes: dict[str, list[str]] = defaultdict(list)
    for home, all_of in conditions.items():
        if further := sorted(all_of - common):
            homes[f" {joined} ".join(further)].append(home)
    cases = [f"WHEN home IN ({_listed(some)}) THEN {each}" for each, some in homes.items()]
    parts = [
        *sorted(common - {empty}),
        *([f"CASE {' '.join(cases)} ELSE {empty} END"] * bool(cases)),
    ]
    return f"({f' {joined} '.join(parts) or empty})"


def unsaid(rule: Rule) -> str:
    """Return the condition under which the team does not say what the rule asks; or nothing."""
    if not isinstance(rule.demand, PersonnelDemand):
        return ""
    demand, asked = rule.demand, []
    if demand.licences:
        asked.append("personnel = '{}'")
    if demand.nationalities:
        asked.append("nationalities = '{}'")
    return f"(NOT {_met(demand)} AND ({' OR '.join(asked)}))"


def _met(demand: PersonnelDemand) -> str:
    native = f"nationalities <> '{{}}' AND nationalities <@ {_array(demand.nationalities)}"
    return f"(personnel && {_array(demand.licences)} OR {native})"


def condition(rule: Rule, search: Search) -> str:
    """Return the condition under which this rule, which is enforced, does not fail."""
    armed = is_armed(search.required)
    match rule.demand:
        case (
            LicenceDemand()
            | ForeignDemand(Stance.PERMIT_NEEDED)
            | ArmedDemand(Stance.PERMIT_NEEDED)
        ):
            return _licence(search, LAWFUL, f"'{search.place.country}'")
        case ForeignDemand(Stance.JOINT_VENTURE_ONLY) | ArmedDemand(Stance.JOINT_VENTURE_ONLY):
            return _paper(f"p.kind = 'joint_venture' AND p.jurisdiction = '{search.place.country}'")
        case ForeignDemand(Stance.BARRED) | ArmedDemand(Stance.BARRED):
            return "false"
        case PersonnelDemand():
            return f"({_met(rule.demand)} OR {unsaid(rule)})"
        case AbroadDemand():
            there = f"(p.territory = '{{}}' OR '{search.place.country}' = ANY(p.territory))"
            return _licence(search, (AuthorisationKind.PERMIT,), "serving.home", there)
        case StandingDemand():
            return _standing(rule.demand, search)
        case CoverDemand():
            return cover(search, rule.demand.line, armed=armed)
        case _:
            return "true"


def cover(search: Search, line: InsuranceLine, *, armed: bool) -> str:
    """Return the condition of a policy of this line, that pays for arms if armed."""
    arms = " AND NOT p.armed_excluded" if armed else ""
    return _paper(
        f"p.kind = 'insurance_policy' AND '{line}' = ANY(p.lines)"
        f" AND '{search.place.country}' = ANY(p.territory){arms}"
    )


def rank() -> str:
    """Return the rank of the best ICoCA class."""
    return f"(SELECT coalesce(max(p.rank), 0) FROM papers p WHERE p.kind = 'icoca' AND {_VALID})"


def _standing(demand: StandingDemand, search: Search) -> str:
    found = []
    if demand.minimum_class is not None:
        least: IcocaClass = demand.minimum_class
        found.append(_paper(f"p.kind = 'icoca' AND p.rank >= {least.rank}"))
    if demand.standards:
        environment = environment_of(search.required)
        standards = demand.standards.get(environment, frozenset()) if environment else frozenset()
        found.append(
            _paper(
                f"p.kind = 'certificate' AND p.standard = ANY({_array(standards)})"
                f" AND coalesce(p.environment, '{environment}') = '{environment}'"
            )
        )
    return " AND ".join(found)


def _licence(
    search: Search, kinds: Iterable[AuthorisationKind], where: str, further: str = "true"
) -> str:
    arms = " AND p.armed" if is_armed(search.required) else ""
    return _paper(
        f"p.kind IN ({_listed(kinds)}) AND p.jurisdiction = {where}"
        f" AND '{search.kind}' = ANY(p.activities){arms} AND {further}"
    )


def _paper(conditions: str) -> str:
    return f"EXISTS (SELECT FROM papers p WHERE {_VALID} AND {conditions})"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _array(words: Iterable[str]) -> str:
    return f"ARRAY[{_listed(sorted(words))}]::text[]"
