"""What a verdict says would make it pass does: whoever follows the words gets there."""

import re
from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import GuardAttributes
from muster.contracts.vocabulary.kinds import AuthorisationKind, IcocaClass, InsuranceLine
from muster.contracts.vocabulary.values import Money, Window
from services.matching.domain.member import Paper
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.judge import judge
from services.matching.engine.law.rules import RulePack
from services.matching.engine.verdicts import Ruling, Verdict
from services.matching.rule_pack import load_rule_pack
from tests.unit.matching.law.builders import RECORD, by_rule, certificate, icoca, licence, paper
from tests.unit.matching.law.random_cases import cases

_PERMISSION = re.compile(r"a licence or permit of (\w\w) for (armed )?(\w+), ")
_ABROAD = re.compile(r"a permit of the home state (\w\w) for (armed )?(\w+) in (\w\w), ")
_VENTURE = re.compile(r"a joint venture in (\w\w), ")
_POLICY = re.compile(r"a policy of (\w+) that pays in (\w\w)")
_TERM = re.compile(r"a liability policy for (\d+) (\w{3}) \(minor units\) or more in (\w\w)")
_CLASS = re.compile(r"ICoCA class (\w+) or better")
_STANDARD = re.compile(r"a certificate of ([\w .]+?)(?: or|,)")
_PEOPLE = re.compile(r"a personal licence of ([\w-]+)|nationals of (\w\w)")
_VALID = re.compile(r"valid from (\S+) to ([^\s;]+)")


def papers_in(wanted: str) -> list[Paper]:
    """Return the papers that these words ask for, and nothing that they do not say."""
    found: list[Paper] = []
    if asked := _ABROAD.search(wanted):
        home, armed, kind, host = asked.groups()
        found.append(
            paper(
                AuthorisationKind.PERMIT,
                jurisdiction=home,
                activities=frozenset({kind}),
                armed=bool(armed),
                territory=frozenset({host}),
            )
        )
    elif asked := _PERMISSION.search(wanted):
        state, armed, kind = asked.groups()
        found.append(licence(state, activities=frozenset({kind}), armed=bool(armed)))
    if asked := _VENTURE.search(wanted):
        found.append(paper(AuthorisationKind.JOINT_VENTURE, jurisdiction=asked[1]))
    if asked := _CLASS.search(wanted):
        found.append(icoca(IcocaClass(asked[1])))
    if asked := _STANDARD.search(wanted):
        found.append(certificate(asked[1]))
    found += _policies_in(wanted)
    return [replace(each, valid=_validity_in(wanted)) for each in found]


def _policies_in(wanted: str) -> list[Paper]:
    excluded = "arms not excluded" not in wanted
    if asked := _POLICY.search(wanted):
        line, state, limit = InsuranceLine(asked[1]), asked[2], None
    elif asked := _TERM.search(wanted):
        line, state = InsuranceLine.LIABILITY, asked[3]
        limit = Money(int(asked[1]), asked[2])
    else:
        return []
    return [
        paper(
            AuthorisationKind.INSURANCE_POLICY,
            lines=frozenset({line}),
            territory=frozenset({state}),
            limit=limit,
            armed_excluded=excluded,
        )
    ]


def _validity_in(wanted: str) -> Window:
    said = _VALID.search(wanted)
    assert said, wanted
    return Window(datetime.fromisoformat(said[1]), datetime.fromisoformat(said[2]))


def remedied(case: LegalCase, wanted: str) -> LegalCase:
    """Return the case with what these words ask for, or as it is if that is in nobody's hands."""
    if "host_state_protection" in wanted:
        return replace(case, host_protection=RECORD)
    if wanted.startswith(("people with", "nationals of")):
        return replace(case, attributes=_people(case.attributes, wanted))
    if wanted.startswith("unarmed work"):
        return replace(case, armed=False)
    if said := re.match(r"a provider whose home state is (\w\w)", wanted):
        return replace(case, provider=replace(case.provider, home_country=said[1]))
    papers = (*case.provider.papers, *papers_in(wanted))
    return replace(case, provider=replace(case.provider, papers=papers))


def _people(team: object, wanted: str) -> GuardAttributes:
    assert isinstance(team, GuardAttributes)
    asked = _PEOPLE.search(wanted)
    assert asked
    if asked[1]:
        return replace(team, personnel_licences=frozenset({asked[1]}))
    return replace(team, nationalities=frozenset({asked[2]}))


def refusals(pack: RulePack, case: LegalCase) -> list[Verdict]:
    """Return what failed, by the facts alone: no operator has refused anything here."""
    verdicts = judge(pack, case)
    return [verdict for verdict in verdicts if verdict.ruling is Ruling.FAILED]


def test_whoever_does_what_a_verdict_wants_passes_it() -> None:
    """Each remedy by itself turns its own rule: none is missing a word."""
    pack = load_rule_pack()
    turned: set[str] = set()

    @settings(max_examples=100)  # fewer need not meet every refusal
    @given(cases(["nothing@0"]), st.sampled_from(IcocaClass), st.booleans())
    def comply(case: LegalCase, minimum: IcocaClass, recorded: bool) -> None:
        case = replace(
            case,
            minimum_icoca_class=minimum,
            liability_cover=Money(5_000_000, "EUR"),
            host_protection=RECORD if recorded else None,
        )
        for refused in refusals(pack, case):
            after = by_rule(judge(pack, remedied(case, refused.wanted))).get(refused.rule)
            assert after is None or after.ruling is Ruling.PASSED, (refused, after)
            turned.add(refused.rule)

    comply()

    assert turned >= {"alliance.licence", "alliance.armed.cover", "request.cover"}
