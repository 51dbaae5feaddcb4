"""What is kept of the law is what looking again would find, whoever was judged before."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from muster.contracts.vocabulary.statuses import AuthorisationStatus
from muster.contracts.vocabulary.values import Window
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.evidence import evidence
from services.matching.engine.law.judge import decided, judge, ruling_on
from services.matching.engine.law.rules import RulePack
from services.matching.engine.law.wording import fact, wanted
from services.matching.engine.verdicts import Ruling
from services.matching.rule_pack import load_rule_pack
from tests.unit.matching.law.builders import (
    RECORD,
    TOMORROW,
    armed_case,
    armed_papers,
    case,
    licence,
    local,
)
from tests.unit.matching.law.random_cases import cases

PACK = load_rule_pack()
KEYS = [rule.key for rule in PACK.rules]

Said = tuple[str, Ruling, str, str, str]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_kept_reading_says_what_a_fresh_look_says(data: st.DataObject) -> None:
    """The same provider is judged again with one thing after another changed, each time rightly."""
    asked = data.draw(cases(KEYS))
    other = data.draw(cases(KEYS))
    for another in (asked, *_variations(asked, other), asked):
        assert _judged(PACK, another) == _looked_at(PACK, another)


def test_every_part_of_a_case_is_varied() -> None:
    """Whatever a case has is changed by itself in the test above, so nothing can be left out."""
    one = case(local("MY"), "MY")
    varied = {name for name, _ in _changes(one, one)}

    assert varied == set(LegalCase.__dataclass_fields__)


def test_a_changed_snapshot_is_judged_by_its_own_papers() -> None:
    """A licence revoked counts at once, even if the snapshot's version did not change."""
    before = armed_case(local("MY", *armed_papers("MY")), "MY")
    assert _judged(PACK, before) == _looked_at(PACK, before)

    revoked = [replace(it, status=AuthorisationStatus.REVOKED) for it in before.provider.papers]
    after = replace(before, provider=replace(before.provider, papers=tuple(revoked)))

    assert _judged(PACK, after) == _looked_at(PACK, after) != _judged(PACK, before)


def test_another_rule_pack_is_asked_for_itself() -> None:
    """What one pack's rules found is never said in another's name."""
    asked = case(local("SG"), "SG")
    judge(PACK, asked)
    changed = [replace(rule, fingerprint="other") for rule in PACK.rules]
    other = replace(PACK, version="other", rules=tuple(changed))

    assert _judged(other, asked) == _looked_at(other, asked) != _judged(PACK, asked)


def _variations(asked: LegalCase, other: LegalCase) -> list[LegalCase]:
    """Return the case with each of its parts by itself changed into another's."""
    return [replace(asked, **{name: value}) for name, value in _changes(asked, other)]


def _changes(asked: LegalCase, other: LegalCase) -> list[tuple[str, Any]]:
    provider = asked.provider
    fewer = replace(provider, papers=provider.papers[1:])
    more = replace(provider, papers=(*provider.papers, licence(asked.host, armed=True)))
    return [
        ("provider", fewer),
        ("provider", replace(more, version=provider.version + 1)),
        ("provider", other.provider),
        ("attributes", other.attributes),
        ("kind", other.kind),
        ("host", other.host),
        ("armed", not asked.armed),
        ("environment", other.environment),
        ("window", other.window),
        ("window", TOMORROW),
        ("window", _much_later(TOMORROW)),
        ("window", None),
        ("margin", asked.margin + timedelta(days=300)),
        ("key_unit", not asked.key_unit),
        ("minimum_icoca_class", other.minimum_icoca_class),
        ("liability_cover", other.liability_cover),
        ("host_protection", None),
        ("host_protection", replace(RECORD, asked="another authority")),
        ("decision", other.decision),
        ("decision", None),
    ]


def _much_later(window: Window) -> Window:
    return Window(window.starts_at, window.ends_at + timedelta(days=330))


def _judged(pack: RulePack, asked: LegalCase) -> list[Said]:
    """Return what the judge says by rules, without the request's terms and without silences."""
    rules = {rule.rule_id for rule in pack.rules}
    found = [(v.rule, v.ruling, v.fact, v.wanted, v.key) for v in judge(pack, asked)]
    return [_without_decision(it) for it in found if it[0] in rules]


def _looked_at(pack: RulePack, asked: LegalCase) -> list[Said]:
    """Return the same, with nothing kept: each rule asked of the case itself."""
    said = []
    for rule in pack.applying(asked.circumstances).rules:
        ruling = ruling_on(rule, evidence(rule.demand, asked), asked)
        ruling = decided(ruling, rule.key, asked.decision)
        told = wanted(rule.demand, asked) + rule.basis
        said.append((rule.rule_id, ruling, fact(rule.demand, asked), told, rule.key))
    return said


def _without_decision(said: Said) -> Said:
    rule, ruling, seen, told, key = said
    return rule, ruling, seen.partition("; cleared by")[0].partition("; refused by")[0], told, key
