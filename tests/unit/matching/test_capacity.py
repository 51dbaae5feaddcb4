"""How much of a capability is taken at once."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from muster.contracts.vocabulary.identifiers import CapabilityId
from muster.contracts.vocabulary.values import Window
from services.matching.domain.capacity import Calendar, peak_use
from tests.stores import START

TEAM = CapabilityId("cap_team")


@dataclass(frozen=True)
class Taken:
    """A quantity, taken from one hour to another."""

    quantity: int
    window: Window
    capability_id: CapabilityId = TEAM


def hours(begin: int, end: int) -> Window:
    """Return the window between two hours."""
    return Window(START + timedelta(hours=begin), START + timedelta(hours=end))


def taken(quantity: int, begin: int, end: int) -> Taken:
    """Return a use between two hours."""
    return Taken(quantity, hours(begin, end))


SPANS = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))
USES = st.lists(st.builds(lambda q, s: taken(q, *s), st.integers(1, 5), SPANS), max_size=8)


@given(USES, SPANS)
def test_the_peak_is_what_looking_at_every_hour_finds(
    uses: list[Taken], span: tuple[int, int]
) -> None:
    """The sweep agrees with brute force, whatever the bookings."""
    window = hours(*span)
    instants = [START + timedelta(hours=hour) for hour in range(*span)]

    brute_force = max(
        sum(use.quantity for use in uses if use.window.covers(instant)) for instant in instants
    )

    assert peak_use(uses, window) == brute_force


@given(USES, SPANS, st.integers(0, 20))
def test_taking_what_is_free_never_exceeds_capacity(
    uses: list[Taken], span: tuple[int, int], capacity: int
) -> None:
    """However full the calendar is, a use as large as what is free still fits."""
    calendar = Calendar(uses)
    before = peak_use(uses, hours(*span))
    free = calendar.free(TEAM, capacity, hours(*span))
    calendar.take(Taken(free, hours(*span)))

    assert peak_use(calendar.uses(TEAM), hours(*span)) <= max(capacity, before)


def test_nothing_is_used_of_an_empty_calendar() -> None:
    """Without bookings the peak is zero."""
    assert peak_use([], hours(0, 5)) == 0


def test_a_use_that_ends_when_another_begins_does_not_add_to_it() -> None:
    """Windows are half-open."""
    assert peak_use([taken(3, 0, 4), taken(3, 4, 8)], hours(0, 8)) == 3


def test_uses_that_never_meet_within_the_window_do_not_add_up() -> None:
    """What counts is one instant, not the whole window."""
    assert peak_use([taken(2, 0, 2), taken(3, 5, 9)], hours(1, 6)) == 3


def test_one_capability_does_not_use_another() -> None:
    """Each capability has its own calendar."""
    calendar = Calendar([taken(4, 0, 4)])

    assert calendar.free(CapabilityId("cap_other"), 4, hours(0, 4)) == 4
