"""Putting dead letters back: each takes effect once, whatever happened meanwhile."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conformance.dead_letters.world import QUEUE, Muster, World
from tests.waiting import eventually

pytestmark = pytest.mark.broker


def test_what_is_replayed_takes_effect_once(world: World, muster: Muster) -> None:
    """Under its old id, and its letter is gone."""
    world.bury(1)

    code, said, _ = muster("replay", "evt_1")
    world.work(lambda: world.effects() == 1)

    assert code == 0
    assert f"evt_1 -> {QUEUE}: put back" in said
    assert world.letters() == []


def test_a_replay_of_what_took_effect_meanwhile_has_none(world: World, muster: Muster) -> None:
    """Another copy of the message was luckier; the inbox knows the id."""
    world.bury(1)
    world.publish(1)
    world.work(lambda: world.effects() == 1)

    assert muster("replay", "--all")[0] == 0
    world.publish(2)
    world.work(lambda: world.effects() == 2)  # what was put back came before it

    assert world.letters() == []


def test_an_old_version_that_is_replayed_does_not_overwrite_a_newer_one(
    world: World, muster: Muster
) -> None:
    """Whatever lay among the dead letters, the projection keeps what is newest."""
    world.bury(1, version=1)
    world.publish(2, version=2)
    world.work(lambda: world.effects() == 1)

    assert muster("replay", "evt_1")[0] == 0
    world.work(lambda: world.effects() == 2)

    assert world.capacity() == 2


def test_what_dies_again_is_a_new_letter(world: World, muster: Muster) -> None:
    """It says that it was put back before; its attempts count from one again."""
    world.bury(1)
    world.refused.add("evt_1")

    muster("replay", "--all")
    world.work(lambda: world.letters() == ["evt_1"])

    (letter,) = json.loads(muster("show", "evt_1", "--json")[1])
    assert (letter["attempts"], letter["replays"]) == (1, 1)


def test_a_letter_that_the_inbox_may_have_forgotten_is_not_replayed(
    world: World, muster: Muster
) -> None:
    """Unless whoever asks insists."""
    world.set_back(timedelta(days=31))
    world.bury(1)

    code, said, error = muster("replay", "evt_1")

    assert code == 1
    assert "NOT put back" in said
    assert "--even-if-old" in said
    assert "1 not put back" in error
    assert world.letters() == ["evt_1"]
    assert muster("replay", "evt_1", "--even-if-old")[0] == 0
    world.work(lambda: world.effects() == 1)


KILLED_BEFORE_THE_LETTER_IS_REMOVED = """
import os, signal
from muster.messaging.dead_letters import HeldLetters
HeldLetters.remove = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from muster.cli.main import main
main()
"""


@pytest.mark.parametrize("command", [("replay", "--all"), ("discard", "evt_1", "--yes")])
def test_a_kill_before_the_letter_is_removed_loses_and_doubles_nothing(
    world: World, muster: Muster, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """What was replayed is in both places for a while, and takes effect once; what was to be
    discarded is still there."""
    world.bury(1)
    reason = ("--reason", "x") if command[0] == "discard" else ()
    place = ("--amqp-url", world.amqp_url, "--directory", str(tmp_path))
    arguments = ("dead-letters", *command, *reason, *place)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_THE_LETTER_IS_REMOVED, *arguments],
        env=os.environ,
        check=False,
        capture_output=True,
    )

    assert ended.returncode == -9
    eventually(lambda: world.letters() == ["evt_1"])
    assert muster("replay", "--all")[0] == 0
    world.publish(2, version=2)
    world.work(lambda: world.effects() == 2)
    assert world.letters() == []
