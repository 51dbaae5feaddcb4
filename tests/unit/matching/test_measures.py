"""Operators see how things stand in matching."""

from datetime import timedelta
from functools import partial

import pytest

from muster.contracts.vocabulary.statuses import ReviewStatus
from muster.contracts.vocabulary.values import Window
from muster.storage.measures import measure_service
from services.matching.measures import measure
from tests.metrics import shown, total
from tests.unit.matching.builders import (
    A_YEAR,
    Room,
    asking,
    capability_changed,
    guards_needed,
    licence,
    provider_changed,
)
from tests.unit.matching.reviewing import ASKED, decide, the_reviews, uncertain


@pytest.fixture
def room() -> Room:
    """Alpha, with ten guards at home in Malaysia."""
    return Room(provider_changed("alpha"), capability_changed("alpha"))


def measured(room: Room, name: str, **labels: str) -> float:
    """Measure anew, and return what is shown."""
    measure_service(room.store, partial(measure, index=room.matcher.index))
    return total(shown(), name, **labels)


def capacity(room: Room) -> dict[str, float]:
    """Return the units of guards at home in Malaysia, by their state."""
    states = ("offered", "held", "confirmed", "free")
    labels = {"kind": "guards", "country": "MY"}
    return {each: measured(room, "muster_capacity_units", state=each, **labels) for each in states}


def test_requests_are_open_until_they_are_over(room: Room) -> None:
    """By status and urgency; what is no more falls to nothing."""
    request = room.sourced(asking(guards_needed(4)))
    labels = {"status": "sourcing", "urgency": request.urgency.value}
    assert measured(room, "muster_requests_open", **labels) == 1

    room.cancel(request)

    assert measured(room, "muster_requests_open") == 0


def test_capacity_is_offered_held_confirmed_and_free(room: Room) -> None:
    """What is booked ahead is held or confirmed; free is what nobody uses at this moment."""
    assert capacity(room) == {"offered": 10, "held": 0, "confirmed": 0, "free": 10}

    request = room.sourced(asking(guards_needed(4)))
    assert capacity(room) == {"offered": 10, "held": 4, "confirmed": 0, "free": 10}

    room.accept(room.offers(request)[0])
    room.approve(request)
    room.clock.advance(request.window.starts_at - room.clock.now())

    assert capacity(room) == {"offered": 10, "held": 0, "confirmed": 4, "free": 6}


def test_reviews_wait_with_their_age() -> None:
    """By the country whose rules leave it open, until somebody decides."""
    room = uncertain("alpha")
    room.sourced(ASKED)
    room.clock.advance(timedelta(minutes=10))
    assert measured(room, "muster_reviews_waiting", jurisdiction="KH") == 1
    assert measured(room, "muster_review_oldest_age_seconds") == 600

    decide(room, the_reviews(room)[0], ReviewStatus.CLEARED)

    assert measured(room, "muster_reviews_waiting") == 0
    assert measured(room, "muster_review_oldest_age_seconds") == 0


def test_papers_that_run_out_are_counted_for_whoever_has_work(room: Room) -> None:
    """Not before there is any: nobody is waiting for them."""
    name = "muster_authorisations_expiring"
    assert measured(room, name) == 0
    room.until_confirmed(asking(guards_needed(4)))
    soon = Window(A_YEAR.starts_at, room.clock.now() + timedelta(days=5))

    room.hear_registry(provider_changed("alpha", licence(valid=soon), version=2))

    labels = {"country": "MY", "kind": "licence"}
    found = [measured(room, name, within=each, **labels) for each in ("1d", "7d", "30d")]
    assert found == [0, 1, 1]


def test_timers_that_do_not_fire_are_overdue(room: Room) -> None:
    """With how long the longest has been."""
    room.sourced(asking(guards_needed(4)))
    room.clock.advance(timedelta(days=1, seconds=30))

    assert measured(room, "muster_timers_overdue", service="matching") >= 1
    assert total(shown(), "muster_timer_oldest_overdue_seconds", service="matching") >= 30


def test_the_index_says_how_large_and_how_old_it_is(room: Room) -> None:
    """It is brought up to date when somebody searches."""
    room.sourced(asking(guards_needed(4)))
    room.clock.advance(timedelta(seconds=90))

    assert measured(room, "muster_search_index_capabilities") == 1
    assert total(shown(), "muster_search_index_age_seconds") == 90


def test_it_is_said_when_all_this_was_measured(room: Room) -> None:
    """So that old figures are known for what they are."""
    name = "muster_measured_timestamp_seconds"
    assert measured(room, name, service="matching") == room.clock.now().timestamp()
