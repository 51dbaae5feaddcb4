"""The whole examination, the settings before it, and how what was found is told."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from muster.cli.deployment import Options, prepare
from muster.cli.doctor import examination, mistakes
from muster.cli.doctor.examination import CHECKS, Checked, anything_wrong, examine
from muster.cli.doctor.finding import Finding, Level, trouble, unknown, well
from muster.cli.doctor.patient import Patient
from muster.cli.doctor.report import as_json, as_text
from muster.cli.main import main
from muster.settings import Settings
from tests.unit.cli.doctor.patients import healthy

FOUND = (
    Checked("disk", (well("There is room"),)),
    Checked("broker", (trouble("It is\naway", "Start it."), unknown("And the rest"))),
)


def doctor(monkeypatch: pytest.MonkeyPatch, *options: str) -> int | str | None:
    """Run the command and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["muster", "doctor", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def nowhere(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Settings under which neither broker nor databases are there."""
    monkeypatch.chdir(directory)
    monkeypatch.setenv("MUSTER_AMQP_URL", "amqp://127.0.0.1:1/%2F")


def test_every_check_has_its_turn() -> None:
    """In the order in which one would mend what they find."""
    checked = list(examine(healthy()))

    assert [each.check for each in checked] == list(CHECKS)
    assert not anything_wrong(each for each in checked if each.check != "token keys")


def test_a_check_that_fails_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so: nobody takes it for well."""

    def fails(_patient: Patient) -> Iterator[Finding]:
        yield well("so far")
        raise LookupError("a surprise")

    monkeypatch.setitem(examination.CHECKS, "disk", fails)
    checked = {each.check: each.findings for each in examine(healthy())}

    assert [each.level for each in checked["disk"]] == [Level.WELL, Level.UNKNOWN]
    assert "a surprise" in checked["disk"][1].what
    assert checked["broker"]


def test_the_report_says_what_to_do_under_what_was_found() -> None:
    """One line each, however many the error had."""
    lines = as_text("the Muster in .muster", FOUND).splitlines()

    assert "MEND  broker          It is away" in lines
    assert lines[lines.index("MEND  broker          It is away") + 1].strip() == "→ Start it."
    assert lines[-1] == "1 thing(s) to mend, each marked MEND."


def test_the_report_of_health_says_so() -> None:
    """And what was looked at."""
    said = as_text("the Muster in .muster", FOUND[:1])

    assert "Looked at the Muster in .muster; nothing was changed." in said
    assert said.endswith("All is well.")


def test_programs_get_the_same_as_json() -> None:
    """Each finding with its check, level and remedy."""
    told = json.loads(as_json("x", FOUND))

    assert told["well"] is False
    assert told["findings"][1] == {
        "check": "broker",
        "level": "trouble",
        "what": "It is\naway",
        "todo": "Start it.",
    }


def test_what_is_unknown_is_nothing_to_mend() -> None:
    """An exit code that is never 0 would be switched off."""
    assert not anything_wrong([Checked("bindings", (unknown("nobody can tell"),))])


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services' own among them."""
    monkeypatch.setenv("MUSTER_HTTP_PORT", "99999")
    monkeypatch.setenv("MUSTER_SERVICES", "kitchen")
    monkeypatch.setenv("MUSTER_SMTP_PORT", "0")
    _, wrong = mistakes.read(Settings)
    _, wrong_own = mistakes.of_services(("notify",))

    said = " ".join(each.what for each in wrong + wrong_own)
    assert all(f"MUSTER_{name}" in said for name in ("HTTP_PORT", "SERVICES", "SMTP_PORT"))


def test_settings_that_do_not_fit_together_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, which add up to 1."""
    monkeypatch.setenv("MUSTER_WEIGHT_PRICE", "0.9")
    _, [wrong] = mistakes.of_services(("matching",))

    assert "MUSTER_WEIGHT_ARRIVAL" in wrong.what


def test_a_variable_that_nothing_reads_is_found_with_what_may_be_meant() -> None:
    """A misspelt setting would be ignored in silence."""
    environment = {"MUSTER_AMPQ_URL": "x", "MUSTER_AMQP_URL": "y", "PATH": "z"}
    [found] = mistakes.misspelt(environment)

    assert "MUSTER_AMPQ_URL" in found.what
    assert "MUSTER_AMQP_URL" in found.todo


def test_wrong_settings_end_with_1_and_their_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Where to look for the rest is what is wrong, so nothing else is looked at."""
    nowhere(monkeypatch, tmp_path)
    monkeypatch.setenv("MUSTER_HTTP_PORT", "99999")

    assert doctor(monkeypatch, "--environment", "--json") == 1
    [found] = json.loads(capsys.readouterr().out)["findings"]
    assert "MUSTER_HTTP_PORT" in found["what"]


def test_what_is_away_is_found_and_the_rest_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Settings from the environment, as in a container."""
    nowhere(monkeypatch, tmp_path)

    assert doctor(monkeypatch, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["looked_at"] == "the settings in the environment"
    levels = {(each["check"], each["level"]) for each in told["findings"]}
    assert {("broker", "trouble"), ("databases", "trouble"), ("rules", "well")} <= levels
    assert not list(tmp_path.iterdir())


def test_a_muster_that_was_prepared_and_does_not_run_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """By its directory, whatever the environment says of addresses."""
    nowhere(monkeypatch, tmp_path)
    prepare(Options(tmp_path / "own", amqp_url="amqp://127.0.0.1:1/%2F"))

    assert doctor(monkeypatch, "--directory", str(tmp_path / "own")) == 1
    said = capsys.readouterr().out
    assert f"Looked at the Muster in {tmp_path / 'own'}" in said
    assert "does not run" in said


def test_a_directory_without_a_muster_cannot_be_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """That is another exit code than something to mend."""
    assert doctor(monkeypatch, "--directory", str(tmp_path)) == 2
    assert "muster up" in capsys.readouterr().err


def test_what_was_prepared_by_something_else_cannot_be_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file that was cut off, say."""
    (tmp_path / "deployment.json").write_text("{")

    assert doctor(monkeypatch, "--directory", str(tmp_path)) == 2
