"""Throwing dead letters away: never without a trace."""

import json
from pathlib import Path

import pytest

from tests.conformance.dead_letters.world import Muster, World

pytestmark = pytest.mark.broker


def test_what_is_discarded_leaves_a_trace(world: World, muster: Muster, tmp_path: Path) -> None:
    """Who, when, why and the whole message; its neighbour stays."""
    world.bury(1, 2)

    code, _, _ = muster("discard", "evt_1", "--reason", "a test order", "--yes", "--by", "Ann")

    assert code == 0
    assert world.letters() == ["evt_2"]
    journal = tmp_path / "discarded-dead-letters.jsonl"
    (line,) = map(json.loads, journal.read_text().splitlines())
    assert (line["discarded_by"], line["reason"]) == ("Ann", "a test order")
    assert json.loads(line["letter"]["body"])["id"] == "evt_1"
    assert journal.stat().st_mode & 0o077 == 0


def test_nothing_is_discarded_that_the_journal_could_not_keep(
    world: World, muster: Muster, tmp_path: Path
) -> None:
    """Nor without a reason, nor if one of the ids is unknown."""
    world.bury(1)
    (tmp_path / "journal").mkdir()

    for arguments, code in (
        (("evt_1", "--reason", "x", "--journal", str(tmp_path / "journal")), 1),
        (("evt_1", "evt_9", "--reason", "x"), 1),
        (("evt_1", "--reason", " "), 2),
        (("evt_1",), 2),
    ):
        assert muster("discard", *arguments, "--yes")[0] == code

    assert world.letters() == ["evt_1"]
