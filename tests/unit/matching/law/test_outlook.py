"""What the index keeps of the law beforehand is what the judge says afterwards."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings

from muster.contracts.vocabulary.kinds import CapabilityKind, Environment
from muster.contracts.vocabulary.values import Window
from services.matching.domain.member import Member
from services.matching.engine.index.instants import span
from services.matching.engine.index.outlook import CLEAR, REVIEW, Lawyer, Way, legal_case
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.judge import judge
from services.matching.engine.law.rules import RulePack
from services.matching.engine.verdicts import Ruling
from services.matching.rule_pack import load_rule_pack
from tests.stores import START
from tests.unit.matching.law.builders import (
    guards,
    licence,
    member,
)
from tests.unit.matching.law.random_cases import cases

FAILED = "failed"
SILENCES = [f"no_rule.{cc}.foreign@none" for cc in ("hk", "mo", "my", "sg")]


def _foretold(pack: RulePack, asked: LegalCase) -> str:
    """Return what the index would say of this case: clear, review or failed."""
    assert asked.window is not None
    way = Way(asked.armed, asked.environment, asked.key_unit)
    provider: Member = asked.provider
    outlook = Lawyer(pack, asked.margin).outlook(
        legal_case(provider, asked.attributes, asked.kind, asked.host, way, asked.decision)
    )
    since, until = span(asked.window)
    in_time = any(first <= since and until <= last for first, last in outlook.spans)
    return outlook.says if outlook.says in (CLEAR, REVIEW) and in_time else FAILED


def _judged(pack: RulePack, asked: LegalCase) -> str:
    rulings = {verdict.ruling for verdict in judge(pack, asked)}
    if Ruling.FAILED in rulings:
        return FAILED
    return REVIEW if Ruling.REVIEW in rulings else CLEAR


def test_the_index_foretells_what_the_judge_will_say() -> None:
    """Of any provider, in any country, at any time: else it hides somebody, or raises hopes."""
    pack = load_rule_pack()
    seen: Counter[str] = Counter()

    @settings(max_examples=150)  # fewer need not meet every ruling
    @given(cases([*(rule.key for rule in pack.rules), *SILENCES]))
    def agree(asked: LegalCase) -> None:
        judged = _judged(pack, asked)
        seen[judged] += 1
        assert _foretold(pack, asked) == judged

    agree()

    assert set(seen) == {CLEAR, REVIEW, FAILED}  # or the cases tried would prove little


@pytest.mark.parametrize("late", [False, True])
def test_dates_of_papers_are_foretold_to_the_second(pack: RulePack, late: bool) -> None:
    """A licence that ends with the work and the margin will do; one second less will not."""
    work, margin = Window(START, START + timedelta(days=1)), timedelta(days=7)
    end = work.ends_at + margin - timedelta(seconds=1 if late else 0)
    provider = member("any", "MO", [licence("MO", valid=Window(START, end))])
    asked = LegalCase(
        provider=provider,
        attributes=guards("MO"),
        kind=CapabilityKind.GUARDS,
        host="MO",
        environment=Environment.LAND,
        window=work,
        margin=margin,
    )

    assert _foretold(pack, asked) == _judged(pack, asked) == (FAILED if late else CLEAR)
