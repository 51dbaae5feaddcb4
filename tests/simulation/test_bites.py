"""The simulation bites: with any one safeguard removed, a story goes wrong, and says how."""

import logging
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from muster.safeguards import Safeguard
from tests.simulation.climate import Climate, climate_of
from tests.simulation.journey import live_through

MOST_SEEDS = 100


@dataclass(frozen=True)
class Bite:
    """What is seen when a safeguard is missing, in stories in which it is needed."""

    seen: str
    first: int  # a seed that sees it; should its story change, one of the next will
    needed: Callable[[Climate], object] = lambda _: True


BITES = {
    Safeguard.INBOX: Bite(r"\S+ took evt_\w+ twice", 0),
    Safeguard.ACK_AFTER_COMMIT: Bite(r"\S+ never took evt_\w+", 23, lambda each: each.deaths),
    Safeguard.HOLD_CHECK: Bite(r"overbooked|is filled with", 4),
    Safeguard.OUTBOX_ORDER: Bite(r"evt_\w+ of \w+ was sent out of order", 0),
    Safeguard.RESTORATION: Bite(r"\S+ never took evt_\w+", 8, lambda each: each.losses),
    Safeguard.DRAIN: Bite(
        r"an orderly stop made \d+ messages come again",
        27,
        lambda each: each.deploys and each.lingering,
    ),
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What fails on purpose is nobody's news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("safeguard", Safeguard)
def test_without_a_safeguard_a_story_goes_wrong(safeguard: Safeguard) -> None:
    """Just as that safeguard would have it; and the same story goes well with it."""
    bite = BITES[safeguard]
    found: dict[int, str] = {}
    for seed, climate in _stories(safeguard):
        problem = _problem_of(seed, replace(climate, without=frozenset({safeguard})))
        if problem is not None and re.search(bite.seen, problem):
            sys.stdout.write(f"without {safeguard}, seed {seed}: {problem}\n")
            assert _problem_of(seed, climate) is None
            return
        if problem is not None:
            found[seed] = problem
    pytest.fail(f"nothing needs {safeguard}, as it seems. Seen was only: {found}")


def _stories(safeguard: Safeguard) -> Iterator[tuple[int, Climate]]:
    first = BITES[safeguard].first
    for seed in range(first, first + MOST_SEEDS):
        # Only an engine that errs needs the check of what it proposes.
        climate = replace(climate_of(seed), forgetful=safeguard is Safeguard.HOLD_CHECK)
        if BITES[safeguard].needed(climate):
            yield seed, climate


def _problem_of(seed: int, climate: Climate) -> str | None:
    try:
        live_through(seed, climate)
    except AssertionError as error:
        return str(error)
    return None
