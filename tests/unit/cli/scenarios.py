"""Scenario documents for tests of `muster match`: the published exercises, bent as needed."""

import json
from pathlib import Path
from typing import Any

from muster.cli.match.play import play
from muster.cli.match.reading import scenario_of
from muster.cli.match.report import result_of
from muster.cli.match.result import NeedResult, RequestResult, Result

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to"
EXERCISES = HOW_TO / "exercises"
SCHEMA = EXERCISES / "scenario.schema.json"

Json = dict[str, Any]


def exercise_names() -> list[str]:
    """Return the names of all published exercises."""
    return sorted(path.name for path in EXERCISES.glob("*.json") if path != SCHEMA)


def exercise(name: str) -> Json:
    """Return a published exercise as a document to bend."""
    document: Json = json.loads((EXERCISES / name).read_text("utf-8"))
    return document


def named(document: Json, part: str, identifier: str) -> Json:
    """Return one organisation, capability or request of a document."""
    found: Json = next(each for each in document[part] if each["id"] == identifier)
    return found


def matched(document: Json) -> Result:
    """Return what a document comes to."""
    scenario = scenario_of(document, "scenario.json")
    return result_of(play(scenario, scenario.settings.policy(None)))


def request_in(result: Result, request_id: str) -> RequestResult:
    """Return what became of one request."""
    return next(each for each in result.requests if each.request_id == request_id)


def need_in(result: Result, need_id: str) -> NeedResult:
    """Return what became of one need."""
    return next(n for each in result.requests for n in each.needs if n.need_id == need_id)


def served_by(result: Result, need_id: str) -> dict[str, int]:
    """Return which capabilities serve a need, and with how many."""
    return {each.capability_id: each.quantity for each in need_in(result, need_id).allocated}
