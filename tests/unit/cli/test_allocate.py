"""`muster allocate`: a problem in a file, the allocation as JSON, every fault on stderr."""

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from muster.cli.main import main

PROBLEM: dict[str, Any] = {
    "capacities": {"c1": 5},
    "needs": [
        {
            "id": "n1",
            "quantity": 2,
            "splittable": True,
            "penalty": 1000,
            "group": "g1",
            "window": [0, 10],
        }
    ],
    "groups": [{"id": "g1", "all_or_nothing": True}],
    "candidates": [["n1", "c1", 12.5]],
    "time_limit_s": 10,
}
SMALLEST: dict[str, Any] = {
    "capacities": {"c1": 5},
    "needs": [{"id": "n1", "quantity": 2, "penalty": 1000}],
    "candidates": [["n1", "c1", 12.5]],
}


def allocate(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    """Run the command and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["muster", "allocate", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def a_file(tmp_path: Path, content: str | dict[str, Any]) -> Path:
    """Return a file with a problem, or with whatever text."""
    file = tmp_path / "problem.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def refusal(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | dict[str, Any],
) -> str:
    """Return what is said of a file that cannot be used."""
    assert allocate(monkeypatch, a_file(tmp_path, content)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


@pytest.mark.parametrize("problem", [PROBLEM, SMALLEST])
def test_the_answer_is_printed(
    problem: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What may be left out may be left out."""
    assert allocate(monkeypatch, a_file(tmp_path, problem)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.pop("seconds") >= 0
    assert answer == {
        "allocation": [["n1", "c1", 2]],
        "objective": 25.0,
        "bound": 25.0,
        "status": "optimal",
    }


def test_the_answer_goes_into_a_file_if_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is printed."""
    output = tmp_path / "result.json"
    assert allocate(monkeypatch, a_file(tmp_path, PROBLEM), "--output", output) == 0
    assert json.loads(output.read_text())["allocation"] == [["n1", "c1", 2]]
    assert capsys.readouterr().out == ""


def test_holds_are_kept_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a window, or without one for always."""
    problem = {**SMALLEST, "holds": [["c1", 2, [0, 5]], ["c1", 2, None]]}
    assert allocate(monkeypatch, a_file(tmp_path, problem)) == 0
    assert json.loads(capsys.readouterr().out)["allocation"] == [["n1", "c1", 1]]


def test_the_schema_describes_what_is_accepted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It needs no problem to be printed."""
    assert allocate(monkeypatch, "--schema") == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.validate(PROBLEM, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**PROBLEM, "colour": "red"}, schema)


def test_every_fault_of_form_is_named_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All at once, and with what may stand there."""
    wrong = {
        "capacities": {"c1": 1.5},
        "needs": [{"id": "n1", "quantity": "2", "penalty": 1, "colour": "red"}],
        "candidates": [["n1", "c1"]],
        "time_limit_s": 0,
    }
    said = refusal(tmp_path, monkeypatch, capsys, wrong)
    for place in (
        "capacities.c1 is 1.5",
        "needs[0].quantity is '2'",
        "needs[0].colour is not known",
        "candidates[0][2] is missing",
        "time_limit_s is 0",
        "muster allocate --schema",
    ):
        assert place in said


def test_every_contradiction_is_named_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the form cannot say: unknown names, negative numbers, empty windows."""
    wrong = {
        **PROBLEM,
        "capacities": {"c1": -5},
        "groups": [],
        "candidates": [["n1", "c2", 1], ["n1", "c1", 1], ["n1", "c1", 2]],
        "holds": [["c1", 1, [4, 4]]],
    }
    said = refusal(tmp_path, monkeypatch, capsys, wrong)
    for fault in ("capacities['c1'] is -5", "'g1'", "'c2'", "2 times", "holds[0] is [4.0, 4.0]"):
        assert fault in said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not JSON"),
        ("[1", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "It is []"),
        ('{"capacities": {"c1": 1, "c1": 2}, "needs": [], "candidates": []}', "'c1' stands 2"),
        ('{"capacities": {}, "needs": [], "candidates": [["n", "c", NaN]]}', "candidates[0][2]"),
    ],
)
def test_what_is_not_a_problem_is_refused(
    text: str,
    fault: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is guessed, and nothing is silently dropped."""
    assert fault in refusal(tmp_path, monkeypatch, capsys, text)


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and what to give instead."""
    assert allocate(monkeypatch, tmp_path / "nowhere.json") == 2
    assert "nowhere.json cannot be used" in capsys.readouterr().err


def test_without_a_problem_it_says_how_to_give_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with any command."""
    assert allocate(monkeypatch) == 2
    assert "PROBLEM.json" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is not the problem's fault."""
    output = tmp_path / "nowhere" / "result.json"
    assert allocate(monkeypatch, a_file(tmp_path, PROBLEM), "--output", output) == 1
    assert "--output" in capsys.readouterr().err
