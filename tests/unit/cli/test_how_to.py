"""The how-tos for planners tell what really happens: their commands run, their words exist."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from muster.cli.credentials import ensure_keys
from muster.cli.main import main
from muster.cli.match.settings import SettingsOnFile, TravelOnFile, WeightsOnFile
from muster.settings import Settings
from services.matching.engine.verdicts import Choice, Ruling, Wave
from services.matching.explanations import ExplainedRound, veiled
from services.matching.settings import MatchingSettings
from services.matching.views.explanations import ExplanationView
from tests.unit.cli.scenarios import HOW_TO, Json, exercise, matched, named, request_in

PLAN, READ, WEIGHTS = "plan-an-exercise.md", "read-an-explanation.md", "change-weights.md"
REST = "…"  # the output goes on, and does not matter here


@dataclass(frozen=True)
class Example:
    """A command as a how-to shows it, and the lines it is said to print."""

    command: str
    printed: tuple[str, ...]


def blocks(name: str, language: str) -> list[str]:
    """Return what stands in a how-to's blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", (HOW_TO / name).read_text("utf-8"), re.DOTALL)


def examples(name: str) -> Iterator[Example]:
    """Yield each command of a how-to."""
    for block in blocks(name, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *printed = part.rstrip().splitlines()
            yield Example(command, tuple(printed))


def edited() -> Iterator[tuple[str, Json]]:
    """Yield the files that the how-tos ask their reader to write."""
    yield "decided.json", exercise("emergency-decided.json")
    suspended = exercise("emergency-decided.json")
    named(suspended, "organisations", "hue-medical")["status"] = "suspended"
    yield "suspended.json", suspended
    weights = {"arrival": 0.05, "price": 0.4}
    yield "cheaper.json", {**exercise("emergency-decided.json"), "settings": {"weights": weights}}
    wrong = exercise("batch.json")
    named(wrong, "capabilities", "harimau-team")["provider_id"] = "harimao"
    named(wrong, "requests", "board")["needs"][0]["quantity"] = 0
    yield "wrong.json", wrong


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory like the one a planner works in."""
    shutil.copytree(HOW_TO, tmp_path / "docs" / "how-to")
    for name, document in edited():
        (tmp_path / name).write_text(json.dumps(document), "utf-8")
    monkeypatch.chdir(tmp_path)
    ensure_keys(Settings(token_private_key_file=Path(".muster/keys/token.pem")))  # as `make up` has
    return tmp_path


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what a how-to tells its reader to type."""
    words = shlex.split(command)
    while "=" in words[0]:
        monkeypatch.setenv(*words.pop(0).split("="))
    if words[0] == "cp":
        shutil.copy(*words[1:])
        return
    assert words[0] == ".venv/bin/muster"
    monkeypatch.setattr(sys, "argv", ["muster", *words[1:]])
    with pytest.raises(SystemExit):
        main()


@pytest.mark.parametrize("name", [PLAN, WEIGHTS])
@pytest.mark.usefixtures("desk")
def test_commands_print_what_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Up to the line that says that more follows."""
    for example in examples(name):
        run(example.command, monkeypatch)
        captured = capsys.readouterr()
        printed = [line.rstrip() for line in (captured.out or captured.err).splitlines()]
        said = list(example.printed)
        if REST in said:
            said = said[: said.index(REST)]
            printed = printed[: len(said)]
        assert printed == said, example.command


def test_the_file_that_is_to_be_written_is_the_one_that_is_published() -> None:
    """Whoever adds the decision by hand gets the exercise in which it is taken."""
    (decisions,) = (block for block in blocks(PLAN, "json") if "decisions" in block)
    assert {**exercise("emergency.json"), **json.loads(f"{{{decisions}}}")} == exercise(
        "emergency-decided.json"
    )


def test_settings_that_are_shown_are_those_that_are_compared() -> None:
    """In both how-tos."""
    cheaper = dict(edited())["cheaper.json"]
    for name in (PLAN, WEIGHTS):
        (settings,) = (block for block in blocks(name, "json") if "weights" in block)
        assert json.loads(f"{{{settings}}}")["settings"] == cheaper["settings"]


def holds(said: Any, real: Any) -> bool:
    """Tell whether all that is said stands in what is real, which may say more."""
    if isinstance(said, dict):
        return all(name in real and holds(each, real[name]) for name, each in said.items())
    if isinstance(said, list):
        return all(any(holds(each, candidate) for candidate in real) for each in said)
    if isinstance(said, float):
        return bool(said == pytest.approx(real))
    return bool(said == real)


def test_the_explanation_that_is_shown_is_real() -> None:
    """Left out is much, made up is nothing."""
    explanation = request_in(matched(exercise("emergency-decided.json")), "accident").explanation
    assert explanation is not None
    said = json.loads(blocks(READ, "json")[0])
    assert holds(said, explanation.model_dump(mode="json"))


def test_what_an_enterprise_is_said_to_see_is_real() -> None:
    """Through the veil that the API draws."""
    from muster.cli.match.play import play
    from muster.cli.match.reading import scenario_of

    scenario = scenario_of(exercise("emergency-decided.json"), "scenario.json")
    played = play(scenario, scenario.settings.policy(None))
    (outcome,) = played.outcomes.values()
    known = frozenset(hold.capability.provider_id for hold in outcome.holds)
    rounds = veiled([ExplainedRound(1, scenario.now, outcome.explanation)], known, "LA")
    seen = ExplanationView.of(outcome.request_id, rounds).model_dump(mode="json")
    guards = seen["rounds"][0]["needs"][2]["considered"]
    assert holds([json.loads(blocks(READ, "json")[1])], guards)


def test_every_choice_ruling_and_wave_is_explained() -> None:
    """A word that a reader meets in an explanation stands in the how-to."""
    text = (HOW_TO / READ).read_text("utf-8")
    for word in (*Choice, *Ruling, *Wave, *WeightsOnFile.model_fields):
        assert f"`{word}`" in text, word


def test_every_weight_is_listed_with_its_default() -> None:
    """By the name of its variable."""
    text = (HOW_TO / WEIGHTS).read_text("utf-8")
    for name, field in WeightsOnFile.model_fields.items():
        assert f"| `MUSTER_WEIGHT_{name.upper()}` | {field.default:g} |" in text


def test_a_scenario_has_the_defaults_of_the_service() -> None:
    """What is left out means the same in both."""
    told = SettingsOnFile().policy(None)
    assert told == MatchingSettings().policy
    assert set(TravelOnFile.model_fields) < set(MatchingSettings.model_fields)
