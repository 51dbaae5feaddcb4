"""`muster match --against`: what changed from one result to another."""

import json
from pathlib import Path

import pytest

from muster.cli.errors import InputUnusable
from muster.cli.match.comparison import changes, read_result
from tests.unit.cli.scenarios import Json, exercise, matched, named


def changed(before: Json, after: Json) -> list[str]:
    """Return what changed from one document's result to the other's."""
    return changes(matched(before), matched(after))


def test_the_same_scenario_changes_nothing() -> None:
    """And the comparison says so, instead of printing nothing."""
    assert changed(exercise("batch.json"), exercise("batch.json")) == ["nothing changed"]


def test_a_decision_shows_who_now_serves_and_what_it_costs() -> None:
    """Whoever stays is not repeated."""
    assert changed(exercise("emergency.json"), exercise("emergency-decided.json")) == [
        "accident: review -> filled",
        "  + accident.3 guards: 6 Mekong Watch (mekong-guards, 10 May 10:30)",
        "cost 2,810.00 USD -> 3,890.00 USD",
    ]


def test_a_suspension_shows_who_was_lost_and_who_came() -> None:
    """With the time of arrival, which is what matters in an emergency."""
    decided, suspended = exercise("emergency-decided.json"), exercise("emergency-decided.json")
    named(suspended, "organisations", "hue-medical")["status"] = "suspended"
    assert changed(decided, suspended)[:2] == [
        "  - accident.1 medical_rescue: 1 Hue Medical (hue-medics, 10 May 15:10)",
        "  + accident.1 medical_rescue: 1 Straits Air Rescue (straits-medics, 10 May 17:55)",
    ]


def test_terms_that_changed_come_first() -> None:
    """For they may be the cause of all the rest."""
    decided, other = exercise("emergency-decided.json"), exercise("emergency-decided.json")
    other["settings"] = {"weights": {"arrival": 0.05, "price": 0.4}, "margin_hours": 12}
    assert changed(decided, other)[:3] == [
        "weight of arrival 0.3 -> 0.05",
        "weight of price 0.15 -> 0.4",
        "margin 24 h -> 12 h",
    ]


def test_requests_that_come_and_go_are_told() -> None:
    """A comparison of two different exercises says that they are."""
    lines = changed(exercise("armed-with-record.json"), exercise("state-power.json"))
    assert "watch-staff: newly asked, refused" in lines
    assert "survey: no longer asked" in lines


def test_a_result_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Explanations and all."""
    result = matched(exercise("emergency.json"))
    path = tmp_path / "result.json"
    path.write_text(result.model_dump_json(), "utf-8")
    assert read_result(path) == result


def test_only_a_result_can_be_compared_with(tmp_path: Path) -> None:
    """A scenario in its place is a slip that the message helps to find."""
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(exercise("batch.json")), "utf-8")
    with pytest.raises(InputUnusable, match="--output"):
        read_result(path)
