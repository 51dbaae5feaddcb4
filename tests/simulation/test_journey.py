"""The journey, seed by seed, with everything going wrong on the way that may."""

from collections import Counter

import pytest

from tests.simulation.climate import MILD, climate_of
from tests.simulation.journey import live_through
from tests.simulation.regressions import regressions
from tests.simulation.tally import live_through_all

CHUNK = 50


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each fifty seeds a test; `--seeds` says how many seeds, 200 unless told otherwise."""
    if "first" in metafunc.fixturenames:
        metafunc.parametrize("first", range(0, metafunc.config.getoption("--seeds"), CHUNK))


def test_whatever_happens_on_the_way_every_request_comes_to_its_end(
    first: int, pytestconfig: pytest.Config
) -> None:
    """Nothing is overbooked, filled twice, told twice, lost or left behind."""
    seeds = range(first, min(first + CHUNK, pytestconfig.getoption("--seeds")))

    tally = live_through_all(seeds)

    assert not tally.failures, "\n".join(map(str, tally.failures))
    assert sum(tally.statuses.values()) >= len(seeds)


def test_what_once_went_wrong_does_not_again() -> None:
    """Each seed is kept in regressions.txt, with the reason."""
    tally = live_through_all(regressions())

    found = [f"{regressions()[failure.seed]}\n{failure}" for failure in tally.failures]
    assert not found, "\n".join(found)


def test_a_seed_tells_the_same_story_again() -> None:
    """A failure can be replayed, whatever was lived through before."""
    live_through(8)
    first = live_through(7)
    live_through(9)

    assert live_through(7) == first


def test_the_seeds_tell_different_stories_and_most_end_well() -> None:
    """The simulation reaches closing, cancelling and running out of capacity.

    And reviews of both answers, flags that come and go, and rules that change.
    """
    stories = [live_through(seed, MILD) for seed in range(30)]
    endings = [status for story in stories for status in story.statuses]

    assert {"closed", "cancelled", "unfilled"} <= set(endings)
    assert endings.count("closed") > len(endings) / 3
    assert {status for story in stories for status in story.reviews} == {"cleared", "refused"}
    assert {status for story in stories for status in story.flags} == {"raised", "cleared"}
    assert {1, 2} <= {len(story.rule_packs) for story in stories}


def test_every_kind_of_fault_comes_to_pass() -> None:
    """Some kinds are left out of each story, but none out of many."""
    climates = [climate_of(seed) for seed in range(500)]
    faults: Counter[str] = Counter()
    for seed in range(30):
        faults.update(live_through(seed).faults)

    assert any(climate.founding for climate in climates)
    assert any(climate.keeps_order and climate.deaths for climate in climates)
    assert {fault.partition(":")[0].split()[0] for fault in faults} >= {
        "broker",
        "database",
        "far",
        "killed",
        "pause",
    }
