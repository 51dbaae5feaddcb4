"""Loading the rule pack: what it holds, and how faults in it are told."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from muster.contracts.vocabulary.countries import ALLIANCE
from services.matching.engine.law.rules import EVERYWHERE, RulePack
from services.matching.rule_pack import PACKAGED, RulePackInvalid, load_rule_pack


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a copy of the packaged rules that a test may spoil."""
    return shutil.copytree(PACKAGED, tmp_path / "rules")


def _replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(directory: Path) -> None:
        text = (directory / name).read_text("utf-8")
        assert old in text
        (directory / name).write_text(text.replace(old, new, 1), "utf-8")

    return spoil


def _removed(name: str) -> Callable[[Path], None]:
    return lambda directory: (directory / name).unlink()


def _written(name: str, text: str) -> Callable[[Path], None]:
    def spoil(directory: Path) -> None:
        (directory / name).write_text(text, "utf-8")

    return spoil


FAULTS: list[tuple[Callable[[Path], None], tuple[str, ...]]] = [
    (_removed("la.yaml"), ("la.yaml: is missing", "rules: []")),
    (_removed("alliance.yaml"), ("alliance.yaml: is missing", "services/matching/rules")),
    (_removed("state_power.yaml"), ("state_power.yaml: is missing",)),
    (_written("laos.yaml", "rules: []"), ("laos.yaml: is of no country", "kh.yaml")),
    (_written("xx.yaml", "rules: []\nrules: []"), ("xx.yaml", "rules stands here twice")),
    (_written("la.yaml", "rules: ["), ("la.yaml: is not YAML",)),
    (_written("la.yaml", ""), ("la.yaml: the file",)),
    (
        _replaced("la.yaml", "confidence: low", "confidence: none"),
        ("la.yaml: rules.0.confidence", "'high', 'medium' or 'low'", "'none'"),
    ),
    (
        _replaced("la.yaml", "    source: Decree 03/PM of 2019, controlled list\n", ""),
        ("la.yaml: rules.0.source", "Field required"),
    ),
    (
        _replaced("la.yaml", "confidence: low", "confidence: low\n    certain: true"),
        ("la.yaml: rules.0.certain", "not permitted"),
    ),
    (
        _replaced("la.yaml", "{kind: licence}", "{kind: license}"),
        ("la.yaml: rules.0.demands", "'license'", "'licence'"),
    ),
    (
        _replaced("vn.yaml", "joint_venture_only", "forbidden"),
        ("vn.yaml: rules.0.demands.foreign.stance", "'barred'", "'forbidden'"),
    ),
    (
        _replaced("my.yaml", "[MY, NP]", "[]"),
        ("my.yaml: rules.1.demands.personnel", "names nobody"),
    ),
    (_replaced("my.yaml", "[MY, NP]", "[MY, NO, UK]"), ("'UK' is not a country code",)),
    (_replaced("la.yaml", "kinds: [guards]", "kinds: []"), ("la.yaml: rules.0.kinds",)),
    (_replaced("la.yaml", "id: la.licence", "id: kh.x"), ("la.yaml: rules.0", "begin it with la.")),
    (
        _written(
            "la.yaml",
            (PACKAGED / "vn.yaml").read_text("utf-8").replace("vn.foreign", "vn.again"),
        ),
        ("la.yaml: vn.again: jurisdiction: is VN", "file of LA"),
    ),
    (
        _replaced("my.yaml", "id: my.armed", "id: my.licence"),
        ("my.licence: id: stands 2 times",),
    ),
    (_replaced("la.yaml", "2026-11-22", "1926-11-22"), ("la.licence: stated_on: is 1926-11-22",)),
    (_replaced("la.yaml", "2026-11-22", "2062-11-22"), ("la.licence: stated_on: is 2062-11-22",)),
    (_replaced("la.yaml", "2026-11-22", "22.11.2026"), ("la.yaml: rules.0.stated_on", "date")),
    (
        _replaced("bd.yaml", "kinds: [guards]", "kinds: [guards]\n    armed: false"),
        ("bd.yaml: rules.0", "unarmed work only"),
    ),
    (
        _replaced("alliance.yaml", "crisis_management, medical_rescue]", "medical_rescue]"),
        ("alliance.yaml: rules: none of high confidence demands a licence for crisis_management",),
    ),
    (_replaced("alliance.yaml", '"2026.11"', '"next"'), ("alliance.yaml: release",)),
    (
        _replaced("state_power.yaml", "task: repatriation", "task: deportation"),
        ("state_power.yaml: tasks: repatriation is missing",),
    ),
    (
        _replaced("state_power.yaml", "- 'spy on'", "- 'spy (on'"),
        ("surveillance_of_persons: 'spy (on' is not a regular expression",),
    ),
    (
        _replaced("state_power.yaml", "- 'spy on'", "- 'spy on <nobody>'"),
        ("names <nobody>", "add it to `words`"),
    ),
]


@pytest.mark.parametrize(("spoil", "told"), FAULTS, ids=[told[0] for _, told in FAULTS])
def test_a_fault_is_told_with_file_and_field(
    directory: Path, spoil: Callable[[Path], None], told: tuple[str, ...]
) -> None:
    """Whoever edits the rules learns where the fault is, and what to write instead."""
    spoil(directory)

    with pytest.raises(RulePackInvalid) as refused:
        load_rule_pack(directory, today=date(2026, 12, 1))

    assert len(refused.value.problems) == 1
    for part in told:
        assert part in refused.value.problems[0]


def test_all_faults_are_told_at_once(directory: Path) -> None:
    """Nobody has to start the service once per fault."""
    for spoil, _ in FAULTS[:4]:
        spoil(directory)

    with pytest.raises(RulePackInvalid) as refused:
        load_rule_pack(directory)

    assert len(refused.value.problems) == 4
    assert all(problem in str(refused.value) for problem in refused.value.problems)


def test_an_empty_directory_is_told_in_one_sentence(tmp_path: Path) -> None:
    """The most likely fault is a wrong path."""
    with pytest.raises(RulePackInvalid) as refused:
        load_rule_pack(tmp_path / "nowhere")

    assert len(refused.value.problems) == 1
    assert "holds no rules" in refused.value.problems[0]


def test_the_packaged_rules_speak_of_every_member_state_or_say_that_nothing_is_known(
    pack: RulePack,
) -> None:
    """Each rule has its source, and every jurisdiction at least one rule."""
    assert {rule.jurisdiction for rule in pack.rules} == ALLIANCE | {EVERYWHERE}
    assert all(rule.source and rule.summary for rule in pack.rules)


def test_a_country_beyond_the_alliance_may_have_a_file(directory: Path) -> None:
    """Operators add what they learn, Norway included."""
    laos = (PACKAGED / "la.yaml").read_text("utf-8")
    norway = laos.replace("la.licence", "no.licence").replace(
        "jurisdiction: LA", "jurisdiction: NO"
    )
    (directory / "no.yaml").write_text(norway, "utf-8")

    assert "NO" in {rule.jurisdiction for rule in load_rule_pack(directory).rules}


def test_the_version_follows_the_content_not_the_layout(directory: Path, pack: RulePack) -> None:
    """Comments and order do not matter; every word of a rule does."""
    assert load_rule_pack(directory) == pack
    file = directory / "bd.yaml"
    file.write_text("# checked again\n" + file.read_text("utf-8"), "utf-8")
    assert load_rule_pack(directory).version == pack.version

    _replaced("bd.yaml", "section 12", "section 13")(directory)
    changed = load_rule_pack(directory)

    assert changed.version != pack.version
    assert changed.version.startswith("2026.11+")
    before, after = ({rule.rule_id: rule.key for rule in p.rules} for p in (pack, changed))
    assert {rule_id for rule_id, key in after.items() if key != before[rule_id]} == {"bd.armed"}


def test_words_of_state_power_are_part_of_the_version(directory: Path, pack: RulePack) -> None:
    """What is refused at submission changes with them."""
    _replaced("state_power.yaml", "- wiretap*", "- wire_tap*")(directory)

    assert load_rule_pack(directory).version != pack.version
