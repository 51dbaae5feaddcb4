"""The journey, seed by seed, with messages delayed, doubled and out of order."""

import pytest

from muster.messaging.disturbance import CALM
from tests.simulation.journey import live_through


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each seed a test of its own; `--seeds` says how many, 200 unless told otherwise."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(metafunc.config.getoption("--seeds")))


def test_whatever_happens_on_the_way_every_request_comes_to_its_end(seed: int) -> None:
    """Nothing is overbooked, filled twice, lost or left behind. Replay: pytest -k '[<seed>]'."""
    ending = live_through(seed)

    assert len(ending.statuses) == 3


def test_a_seed_tells_the_same_story_again() -> None:
    """A failure can be replayed."""
    assert live_through(7) == live_through(7)


def test_the_seeds_tell_different_stories_and_most_end_well() -> None:
    """The simulation reaches closing, cancelling and running out of capacity.

    And reviews of both answers, flags that come and go, and rules that change.
    """
    stories = [live_through(seed, CALM) for seed in range(20)]
    endings = [status for story in stories for status in story.statuses]

    assert {"closed", "cancelled", "unfilled"} <= set(endings)
    assert endings.count("closed") > len(endings) / 3
    assert {status for story in stories for status in story.reviews} == {"cleared", "refused"}
    assert {status for story in stories for status in story.flags} == {"raised", "cleared"}
    assert {1, 2} <= {len(story.rule_packs) for story in stories}
