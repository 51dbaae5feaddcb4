"""The command line of `muster match`: what it prints, where it writes, how it ends."""

import io
import json
import sys
from pathlib import Path

import jsonschema
import pytest

from muster.cli.main import main
from tests.unit.cli.scenarios import EXERCISES, SCHEMA, exercise, exercise_names, matched

BATCH = str(EXERCISES / "batch.json")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Run a command line and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["muster", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


Captured = pytest.CaptureFixture[str]


def test_a_program_gets_json(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Standard output is no terminal here."""
    assert run(monkeypatch, "match", BATCH) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(matched(exercise("batch.json")).model_dump_json())


def test_with_output_the_file_gets_json_and_people_the_tables(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    """Two runs write the same bytes."""
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        assert run(monkeypatch, "match", BATCH, "--output", str(file)) == 0
    printed = capsys.readouterr().out
    assert "Klang Escort (klang-team)" in printed
    assert "3 filled" in printed
    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(files[0].read_text("utf-8"))["totals"]["filled"] == 3


def test_an_earlier_result_is_compared_with(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    """The changes alone are printed."""
    before = str(tmp_path / "before.json")
    decided = str(EXERCISES / "emergency-decided.json")
    run(monkeypatch, "match", str(EXERCISES / "emergency.json"), "--output", before)
    capsys.readouterr()
    assert run(monkeypatch, "match", decided, "--against", before) == 0
    assert capsys.readouterr().out.startswith("accident: review -> filled\n")


def test_the_tables_say_what_is_missing_and_what_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Whoever reads them needs no JSON to know what to do next."""
    assert run(monkeypatch, "match", str(EXERCISES / "emergency.json"), "--table") == 0
    printed = capsys.readouterr().out
    assert "6 of 6 guards missing" in printed
    assert "may Mekong Watch do guards in LA?" in printed
    assert "la.licence" in printed


def test_the_tables_say_why_a_request_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """And what to ask for instead."""
    assert run(monkeypatch, "match", str(EXERCISES / "state-power.json"), "--table") == 0
    printed = capsys.readouterr().out
    assert "tasks: asks for surveillance_of_persons" in printed
    assert "1 filled, 1 refused" in printed


def test_the_tables_say_what_was_decided(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """And to which rules it was the answer."""
    assert run(monkeypatch, "match", str(EXERCISES / "emergency-decided.json"), "--table") == 0
    assert "operators cleared mekong-watch for guards in LA: la.licence" in capsys.readouterr().out


def test_a_scenario_comes_by_standard_input_too(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """From whatever makes it."""
    document = (EXERCISES / "batch.json").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document)))
    assert run(monkeypatch, "match", "-") == 0
    assert json.loads(capsys.readouterr().out)["totals"]["filled"] == 3


def test_a_wrong_scenario_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    """And says why on standard error, where programs do not read results."""
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"now": 5}', "utf-8")
    assert run(monkeypatch, "match", str(wrong)) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert "$.now" in printed.err
    assert "Traceback" not in printed.err


def test_no_scenario_at_all_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for any command line that is not complete."""
    assert run(monkeypatch, "match") == 2


def test_a_rule_that_the_pack_does_not_have_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    """A decision about it would silently change nothing."""
    decided = exercise("emergency-decided.json")
    decided["decisions"][0]["rules"] = ["la.lisence"]
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(decided), "utf-8")
    assert run(monkeypatch, "match", str(file)) == 2
    assert "$.decisions[0].rules: 'la.lisence' is not a rule" in capsys.readouterr().err


def test_rules_of_ones_own_can_be_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    """A directory without rules is refused with what it has to hold."""
    assert run(monkeypatch, "match", BATCH, "--rules", str(tmp_path)) == 2
    assert "holds no rules" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    """The scenario was right, so the exit code is another."""
    assert run(monkeypatch, "match", BATCH, "--output", str(tmp_path / "no" / "result.json")) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_schema_that_is_published_is_the_one_in_force(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """After a change: muster match --schema > docs/how-to/exercises/scenario.schema.json."""
    assert run(monkeypatch, "match", "--schema") == 0
    printed = capsys.readouterr().out
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    assert printed == SCHEMA.read_text("utf-8")


@pytest.mark.parametrize("name", exercise_names())
def test_the_exercises_are_valid_by_the_schema(name: str) -> None:
    """What an editor says of them is what the command says."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert not list(validator.iter_errors(exercise(name)))


def test_the_schema_refuses_unknown_fields() -> None:
    """At the top and within."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    batch = exercise("batch.json")
    batch["capabilities"][0]["weapons"] = 3
    batch["colour"] = "red"
    assert len(list(validator.iter_errors(batch))) == 2
