"""The twelve jurisdictions: for each kind of provider the ruling, and the rules that decide."""

import pytest

from muster.contracts.vocabulary.countries import ALLIANCE, Country
from services.matching.engine.law.case import LegalCase
from services.matching.engine.law.judge import judge
from services.matching.engine.law.rules import RulePack
from services.matching.engine.verdicts import Ruling
from tests.unit.matching.law.builders import (
    RAN_OUT,
    armed_case,
    armed_papers,
    case,
    joint_venture,
    licence,
    local,
    member,
)

PASSED, REVIEW, FAILED = Ruling.PASSED, Ruling.REVIEW, Ruling.FAILED

# The overall ruling, and every rule that stands in the way of a yes: failures if any, else reviews.
Expected = tuple[Ruling, frozenset[str]]


def _is(ruling: Ruling, *rules: str) -> Expected:
    return ruling, frozenset(rules)


CLEAR = _is(PASSED)
LOCAL_LICENSED: dict[Country, Expected] = {
    "BD": _is(REVIEW, "no_rule.bd.licence"),
    "CN": CLEAR,
    "HK": CLEAR,
    "IN": CLEAR,
    "KH": _is(REVIEW, "kh.licence", "kh.personnel"),
    "KR": CLEAR,
    "LA": _is(REVIEW, "la.licence"),
    "MO": CLEAR,
    "MY": CLEAR,
    "NP": _is(REVIEW, "np.licence"),
    "SG": CLEAR,
    "VN": _is(REVIEW, "no_rule.vn.licence"),
}
# Without a licence the alliance's own rule says no everywhere; national ones join where they are
# of high confidence.
LOCAL_UNLICENSED: dict[Country, Expected] = {
    "BD": _is(FAILED, "alliance.licence"),
    "CN": _is(FAILED, "alliance.licence", "cn.licence"),
    "HK": _is(FAILED, "alliance.licence", "hk.licence"),
    "IN": _is(FAILED, "alliance.licence", "in.licence"),
    "KH": _is(FAILED, "alliance.licence"),
    "KR": _is(FAILED, "alliance.licence", "kr.licence"),
    "LA": _is(FAILED, "alliance.licence"),
    "MO": _is(FAILED, "alliance.licence", "mo.licence"),
    "MY": _is(FAILED, "alliance.licence", "my.licence"),
    "NP": _is(FAILED, "alliance.licence"),
    "SG": _is(FAILED, "alliance.licence", "sg.licence"),
    "VN": _is(FAILED, "alliance.licence"),
}
FOREIGN_LICENSED: dict[Country, Expected] = {
    "BD": _is(REVIEW, "no_rule.bd.licence", "no_rule.bd.foreign"),
    "CN": CLEAR,
    "HK": _is(REVIEW, "no_rule.hk.foreign"),
    "IN": _is(FAILED, "in.foreign"),
    "KH": _is(REVIEW, "kh.licence", "kh.personnel", "no_rule.kh.foreign"),
    "KR": _is(REVIEW, "no_rule.kr.foreign"),
    "LA": _is(REVIEW, "la.licence", "no_rule.la.foreign"),
    "MO": _is(REVIEW, "no_rule.mo.foreign"),
    "MY": _is(REVIEW, "no_rule.my.foreign"),
    "NP": _is(REVIEW, "np.licence", "no_rule.np.foreign"),
    "SG": _is(REVIEW, "no_rule.sg.foreign"),
    "VN": _is(FAILED, "vn.foreign"),
}
FOREIGN_IN_JOINT_VENTURE = {
    **FOREIGN_LICENSED,
    "IN": _is(REVIEW, "in.foreign_share"),
    "VN": _is(REVIEW, "no_rule.vn.licence"),
}
LOCAL_ARMED: dict[Country, Expected] = {
    "BD": _is(FAILED, "bd.armed"),
    "CN": CLEAR,
    "HK": _is(REVIEW, "hk.armed", "hk.personnel_armed"),
    "IN": _is(REVIEW, "no_rule.in.armed"),
    "KH": _is(REVIEW, "kh.armed", "kh.licence", "kh.personnel"),
    "KR": _is(REVIEW, "kr.armed"),
    "LA": _is(REVIEW, "la.licence", "no_rule.la.armed"),
    "MO": _is(REVIEW, "no_rule.mo.armed"),
    "MY": CLEAR,
    "NP": _is(REVIEW, "np.licence", "no_rule.np.armed"),
    "SG": _is(REVIEW, "sg.armed"),
    "VN": _is(REVIEW, "no_rule.vn.licence", "no_rule.vn.armed"),
}
# The same, but the licence on record does not speak of arms.
LOCAL_ARMED_UNLICENSED = {
    country: _is(FAILED, *rules, *armed)
    for country, (_, rules) in LOCAL_UNLICENSED.items()
    for armed in [{"BD": ("bd.armed",), "CN": ("cn.armed",), "MY": ("my.armed",)}.get(country, ())]
}
TABLES = {
    "a local licensed provider": LOCAL_LICENSED,
    "a local unlicensed provider": LOCAL_UNLICENSED,
    "a provider whose licence has expired": LOCAL_UNLICENSED,
    "a foreign provider with the host's licence": FOREIGN_LICENSED,
    "a foreign provider in a joint venture": FOREIGN_IN_JOINT_VENTURE,
    "an armed job with all papers": LOCAL_ARMED,
    "an armed job on an unarmed licence": LOCAL_ARMED_UNLICENSED,
}


def _case(name: str, host: Country) -> LegalCase:
    elsewhere = "KR" if host != "KR" else "SG"
    return {
        "a local licensed provider": lambda: case(local(host), host),
        "a local unlicensed provider": lambda: case(member("bare", host), host),
        "a provider whose licence has expired": lambda: case(
            local(host, licence(host, valid=RAN_OUT)), host
        ),
        "a foreign provider with the host's licence": lambda: case(
            member("foreign", elsewhere, [licence(host)]), host
        ),
        "a foreign provider in a joint venture": lambda: case(
            member("foreign", elsewhere, [licence(host), joint_venture(host)]), host
        ),
        "an armed job with all papers": lambda: armed_case(local(host, *armed_papers(host)), host),
        "an armed job on an unarmed licence": lambda: armed_case(
            local(host, licence(host), *armed_papers(host)[1:]), host
        ),
    }[name]()


@pytest.mark.parametrize("host", sorted(ALLIANCE))
@pytest.mark.parametrize("name", sorted(TABLES))
def test_each_jurisdiction_rules_as_its_law_is_known(pack: RulePack, name: str, host: str) -> None:
    """The overall ruling, and exactly the rules that decide it."""
    expected, deciding = TABLES[name][host]

    verdicts = judge(pack, _case(name, host))

    rulings = {verdict.ruling for verdict in verdicts}
    overall = next(ruling for ruling in (FAILED, REVIEW, PASSED) if ruling in rulings)
    blocking = frozenset(v.rule for v in verdicts if v.ruling is overall is not PASSED)
    assert (overall, blocking) == (expected, deciding)


def test_every_table_speaks_of_every_member_state() -> None:
    """No jurisdiction is forgotten in any of the tables."""
    assert {name for name, table in TABLES.items() if set(table) != ALLIANCE} == set()
