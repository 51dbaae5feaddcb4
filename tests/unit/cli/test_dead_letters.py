"""Words and traces of dead letters."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from muster.cli.dead_letters.journal import Journal
from muster.cli.dead_letters.wording import age, clean, page, row
from muster.messaging.letters import letter_in
from tests.events import NOON
from tests.unit.messaging.builders import ALARM


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=25), "1 day ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(passed: timedelta, words: str) -> None:
    """And a clock that runs behind is no reason for a negative one."""
    assert age(passed) == words


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    """Escape sequences, line breaks, and letters that turn the line around."""
    assert clean("a\x1b[2J\nb\u202ec") == "a [2J b c"


def test_nothing_of_a_message_reaches_the_terminal_unchecked() -> None:
    """Wherever in the message it stands."""
    evil = "\x1b]0;x\x07"
    for body in (json.dumps({"type": evil, "subject": evil, evil: [evil]}).encode(), b"\x1b\xff"):
        letter = letter_in(
            ALARM, 1, body, {"x-reason": evil, evil: evil}, message_id=evil, correlation_id=evil
        )

        assert "\x1b" not in row(letter, NOON) + page(letter, NOON)


def test_the_journal_only_grows_and_survives_a_line_that_was_cut(tmp_path: Path) -> None:
    """Every line stands by itself; what is no text is kept, too."""
    journal = Journal(tmp_path / "new" / "journal.jsonl")
    letters = [letter_in(ALARM, 1, body, {}, message_id="evt_1") for body in (b"{}", b"\xff")]

    journal.write(letters, "rubbish", "Ann", NOON)
    with journal.path.open("a") as file:
        file.write('{"cut')
    journal.write(letters[:1], "rubbish", "Bob", NOON)

    lines = journal.path.read_text().splitlines()
    first, second, last = (json.loads(lines[number]) for number in (0, 1, 3))
    assert (first["letter"]["body"], second["letter"]["body_base64"]) == ("{}", "/w==")
    assert (first["discarded_by"], last["discarded_by"]) == ("Ann", "Bob")
    assert journal.path.stat().st_mode & 0o077 == 0
