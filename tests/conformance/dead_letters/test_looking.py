"""Looking at dead letters: what they say, in which order, and that nothing is taken."""

import json
import sys

import pytest

from muster.cli import main as command_line
from tests.conformance.dead_letters.world import QUEUE, Muster, World
from tests.waiting import eventually

pytestmark = pytest.mark.broker


def test_a_bad_message_becomes_a_letter_with_all_its_facts(world: World, muster: Muster) -> None:
    """Its neighbours in the batch take effect, and it says why, who, how often and when."""
    world.refused.add("evt_2")
    for number in (1, 2, 3):
        world.publish(number, version=number)
    world.work(lambda: world.letters() == ["evt_2"])

    code, listed, _ = muster("list", "--json")

    assert (code, world.effects(), world.capacity()) == (0, 2, 3)
    (letter,) = json.loads(listed)["letters"]
    assert letter.pop("died_at") == letter.pop("first_failed_at")
    assert letter == {
        "message_id": "evt_2",
        "type": "muster.registry.capability.changed.v1",
        "subject": "cap_guards",
        "service": "matching",
        "subscription": "registry",
        "queue": QUEUE,
        "reason": "DomainError: evt_2 is not wanted",
        "attempts": 1,
        "replays": 0,
        "given_up_by": "worker",
    }


def test_looking_takes_nothing_and_lists_the_oldest_first(world: World, muster: Muster) -> None:
    """However often somebody looks, and however little of it."""
    world.bury(1, 2, 3)

    for look in (("list",), ("list", "--limit", "1"), ("show", "evt_2"), ("list", "--json")):
        assert muster(*look, "--queue", QUEUE)[0] == 0
        eventually(lambda: sorted(world.letters()) == ["evt_1", "evt_2", "evt_3"])
    (rows,) = [json.loads(muster("list", "--json")[1])["letters"]]
    assert [row["message_id"] for row in rows] == ["evt_1", "evt_2", "evt_3"]


def test_a_list_says_how_many_there_are_when_it_shows_fewer(world: World, muster: Muster) -> None:
    """And how to see the rest."""
    world.bury(1, 2, 3)

    _, listed, _ = muster("list", "--limit", "1")

    assert f"{QUEUE}: 3 dead letters, the oldest died" in listed
    assert "evt_1" in listed
    assert "evt_2" not in listed
    assert "2 more; `--limit 3` shows all" in listed


def test_a_letter_is_shown_in_full(world: World, muster: Muster) -> None:
    """With the event, the way to go on, and a word on who may read it."""
    world.bury(1)

    code, shown, _ = muster("show", "evt_1")

    assert code == 0
    for part in (
        "DomainError: evt_1 is not wanted",
        "said by       /registry",
        '"capability_id": "cap_guards"',
        f"replay evt_1 --queue {QUEUE}",
        "operators may",
    ):
        assert part in shown


def test_what_cannot_be_done_is_said_with_what_to_do_next(world: World, muster: Muster) -> None:
    """Nothing there, an unknown id, an unknown queue, a queue that was never declared."""
    code, listed, _ = muster("list")
    assert (code, "No dead letters." in listed) == (0, True)
    for arguments, code, advice in (
        (("show", "evt_9"), 1, "dead-letters list"),
        (("replay", "evt_9"), 1, "dead-letters list"),
        (("replay",), 2, "--all"),
        (("list", "--queue", "nobody.here"), 2, QUEUE),
        (("list", "--service", "nobody"), 2, "matching"),
        (("list", "--queue", "matching.former"), 1, "worker"),
    ):
        ended, _, error = muster(*arguments)
        assert (ended, advice in error) == (code, True), error


def test_a_broker_that_is_down_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With where the address comes from, and without a password."""
    address = "amqp://somebody:secret@127.0.0.1:1/%2F"
    monkeypatch.setattr(sys, "argv", ["muster", "dead-letters", "list", "--amqp-url", address])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    error = capsys.readouterr().err

    assert ended.value.code == 1
    assert "127.0.0.1:1" in error
    assert "MUSTER_AMQP_URL" in error
    assert "secret" not in error
