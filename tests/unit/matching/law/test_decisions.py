"""What an operator's decision changes, and what it cannot."""

from dataclasses import replace

from services.matching.engine.law.judge import judge
from services.matching.engine.law.rules import RulePack
from services.matching.engine.verdicts import Ruling
from tests.unit.matching.law.builders import by_rule, case, decision, licence, local, member

PASSED, REVIEW, FAILED = Ruling.PASSED, Ruling.REVIEW, Ruling.FAILED


def test_a_clearance_passes_the_rules_it_names_and_says_so(pack: RulePack) -> None:
    """The others stay open, and the fact tells who cleared it and why."""
    open_case = case(local("KH"), "KH")
    key = by_rule(judge(pack, open_case))["kh.licence"].key

    after = by_rule(judge(pack, replace(open_case, decision=decision(key))))

    assert after["kh.licence"].ruling is PASSED
    assert (
        "cleared by an operator (rev_1): the embassy has confirmed it" in after["kh.licence"].fact
    )
    assert after["kh.personnel"].ruling is REVIEW


def test_a_refusal_fails_the_rules_it_names(pack: RulePack) -> None:
    """What was open is closed."""
    open_case = case(local("KH"), "KH")
    key = by_rule(judge(pack, open_case))["kh.licence"].key

    after = by_rule(judge(pack, replace(open_case, decision=decision(key, cleared=False))))

    assert after["kh.licence"].ruling is FAILED
    assert "refused by an operator" in after["kh.licence"].fact


def test_silence_of_the_law_can_be_decided_too(pack: RulePack) -> None:
    """The lack of a rule has a key as well."""
    open_case = case(member("foreign", "SG", [licence("MO")]), "MO")
    key = by_rule(judge(pack, open_case))["no_rule.mo.foreign"].key

    after = judge(pack, replace(open_case, decision=decision(key)))

    assert {verdict.ruling for verdict in after} == {PASSED}


def test_no_decision_overrules_what_is_enforced(pack: RulePack) -> None:
    """A clearance opens no barred door, and a refusal closes none that the law opens."""
    barred = case(member("foreign", "SG", [licence("VN")]), "VN")
    clear = case(local("MO"), "MO")
    for asked, cleared in ((barred, True), (clear, False)):
        before = judge(pack, asked)
        sure = [verdict for verdict in before if verdict.ruling is not REVIEW]
        decided = decision(*(verdict.key for verdict in sure), cleared=cleared)
        assert judge(pack, replace(asked, decision=decided)) == before


def test_a_decision_about_an_older_wording_does_not_count(pack: RulePack) -> None:
    """The key holds the rule's fingerprint."""
    asked = case(local("LA"), "LA", decision=decision("la.licence@00000000", "la.licence"))

    assert by_rule(judge(pack, asked))["la.licence"].ruling is REVIEW
