"""What is wrong with a scenario: all of it at once, each with its path and what is allowed."""

import json
from pathlib import Path
from typing import Any

import pytest

from muster.cli.errors import InputUnusable
from muster.cli.match.reading import read_scenario, scenario_of
from tests.unit.cli.scenarios import Json, exercise


def complaints(document: Any) -> list[str]:
    """Return the lines that name mistakes, without the head line."""
    with pytest.raises(InputUnusable) as refused:
        scenario_of(document, "scenario.json")
    head, *lines = str(refused.value).splitlines()
    assert head.startswith("scenario.json has ")
    return [line.strip() for line in lines]


def only_complaint(document: Json) -> str:
    """Return the one line that names the only mistake."""
    (line,) = complaints(document)
    return line


def refusal_of(path: Path, content: bytes) -> str:
    """Return why a file with this content is refused."""
    path.write_bytes(content)
    with pytest.raises(InputUnusable) as refused:
        read_scenario(path)
    return str(refused.value)


def test_mistakes_of_form_and_of_reference_show_together() -> None:
    """Nobody has to correct them one by one."""
    batch = exercise("batch.json")
    batch["capabilities"][0]["capacity"] = 0
    batch["capabilities"][1]["provider_id"] = "nobody"
    batch["requests"][0]["needs"][0]["required"]["kind"] = "weapons"
    batch["requests"][1]["window"]["ends_at"] = "2020-01-01T00:00:00Z"
    lines = complaints(batch)
    assert [line.split(": ")[0] for line in lines] == [
        "$.capabilities[0].capacity",
        "$.capabilities[1].provider_id",
        "$.requests[0].needs[0].required",
        "$.requests[1].window",
    ]
    assert "at least 1" in lines[0]
    assert "hanbit, harimau, klang-escort, northern-bank" in lines[1]
    assert "crisis_management" in lines[2]
    assert "must be later than" in lines[3]


def test_an_unknown_field_is_refused_with_the_known_ones() -> None:
    """A slip of the pen must not pass as a default."""
    batch = exercise("batch.json")
    batch["organisations"][0]["statsu"] = "suspended"
    line = only_complaint(batch)
    assert line.startswith("$.organisations[0].statsu: There is no such field")
    assert "status" in line


def test_unknown_fields_deep_inside_are_refused() -> None:
    """In attributes and requirements, too."""
    batch = exercise("batch.json")
    batch["capabilities"][0]["attributes"]["weapons"] = ["rifle"]
    line = only_complaint(batch)
    assert line.startswith("$.capabilities[0].attributes.weapons: There is no such field")


@pytest.mark.parametrize(
    ("part", "field", "value", "place"),
    [
        ("organisations", "conflicts", ["stranger"], "$.organisations[0].conflicts[0]"),
        ("capabilities", "provider_id", "stranger", "$.capabilities[0].provider_id"),
        ("requests", "enterprise_id", "stranger", "$.requests[0].enterprise_id"),
        ("requests", "excluded_providers", ["stranger"], "$.requests[0].excluded_providers[0]"),
        ("requests", "refused_by", ["stranger"], "$.requests[0].refused_by[0]"),
    ],
)
def test_a_name_that_stands_for_nothing_is_refused(
    part: str, field: str, value: object, place: str
) -> None:
    """With the names there are."""
    batch = exercise("batch.json")
    batch[part][0][field] = value
    line = only_complaint(batch)
    assert line.startswith(f"{place}: 'stranger' is not the id of a")
    assert "allowed: " in line


def test_an_id_names_one_thing() -> None:
    """Both places are told."""
    batch = exercise("batch.json")
    batch["organisations"].append(dict(batch["organisations"][0]))
    lines = complaints(batch)
    assert [line.split(": ")[0] for line in lines] == [
        "$.organisations[0].id",
        "$.organisations[4].id",
    ]


def test_an_enterprise_brings_no_capabilities_and_a_provider_asks_for_none() -> None:
    """Unless it has that role, too."""
    batch = exercise("batch.json")
    batch["capabilities"][0]["provider_id"] = "hanbit"
    batch["requests"][0]["enterprise_id"] = "harimau"
    lines = complaints(batch)
    assert "'hanbit' does not have the role provider" in lines[0]
    assert "'harimau' does not have the role enterprise" in lines[1]


def test_a_member_has_no_conflict_with_itself() -> None:
    """It is a slip."""
    batch = exercise("batch.json")
    batch["organisations"][0]["conflicts"] = ["harimau"]
    assert only_complaint(batch).startswith("$.organisations[0].conflicts[0]: names the")


def test_more_is_not_taken_than_there_is() -> None:
    """Bookings that overlap add up."""
    batch = exercise("batch.json")
    window = batch["requests"][0]["window"]
    booked = {"capability_id": "klang-team", "quantity": 3, "window": window}
    batch["bookings"] = [booked, booked]
    lines = complaints(batch)
    assert lines[0].startswith("$.bookings[0].quantity: 6 of 'klang-team' are taken at one time")
    assert "at most 4 at once" in lines[0]


def test_a_booking_of_nothing_is_refused() -> None:
    """Its capability is looked up like any other."""
    batch = exercise("batch.json")
    window = batch["requests"][0]["window"]
    batch["bookings"] = [{"capability_id": "tanks", "quantity": 1, "window": window}]
    assert only_complaint(batch).startswith("$.bookings[0].capability_id: 'tanks' is not the id")


def test_a_matter_is_decided_once() -> None:
    """Two answers to one question are no answer."""
    decided = exercise("emergency-decided.json")
    decided["decisions"] *= 2
    assert len(complaints(decided)) == 2


def test_a_paper_without_what_it_needs_is_refused() -> None:
    """As the registry refuses it."""
    batch = exercise("batch.json")
    del batch["organisations"][0]["authorisations"][0]["jurisdiction"]
    line = only_complaint(batch)
    assert line.startswith("$.organisations[0].authorisations[0].jurisdiction: is missing")
    assert "allowed: the country" in line


def test_weights_add_up_to_one() -> None:
    """Whoever raises one has to lower another."""
    batch = exercise("batch.json")
    batch["settings"] = {"weights": {"price": 0.9}}
    line = only_complaint(batch)
    assert line.startswith("$.settings.weights: the weights add up to 1.75")


@pytest.mark.parametrize("document", [None, [], 3, "scenario", {}, {"requests": 3, "now": 5}])
def test_what_is_no_scenario_at_all_is_refused(document: object) -> None:
    """Without a traceback, whatever it is."""
    assert complaints(document)


def test_a_document_full_of_mistakes_is_not_answered_by_a_longer_one() -> None:
    """The rest is counted."""
    batch = exercise("batch.json")
    batch["capabilities"] = [{} for _ in range(40)]
    lines = complaints(batch)
    assert len(lines) == 51
    assert lines[-1].startswith("… and ")


def test_json_that_is_none_is_refused_with_line_and_column(tmp_path: Path) -> None:
    """So that an editor can go there."""
    reason = refusal_of(tmp_path / "scenario.json", b'{"now": \n  oops}')
    assert "is not JSON" in reason
    assert "line 2, column 3" in reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"now": "a", "now": "b"}', "names now more than once"),
        (b'{"now": NaN}', "NaN is not a number of JSON"),
        (b'{"title": "\xff"}', "is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"", "is not JSON"),
        (b'{"title": "\\ud800"}', r"half a character ('\ud800')"),
    ],
)
def test_ambiguous_documents_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """Instead of guessing what was meant."""
    assert reason in refusal_of(tmp_path / "scenario.json", content)


def test_a_file_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    """And so is a directory."""
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputUnusable, match="cannot be read"):
            read_scenario(path)


def test_a_file_of_another_editor_is_read(tmp_path: Path) -> None:
    """Some put a byte order mark first."""
    text = json.dumps(exercise("batch.json"))
    path = tmp_path / "scenario.json"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert len(read_scenario(path).requests) == 3
