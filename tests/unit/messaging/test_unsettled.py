"""Settling many deliveries with few frames, and never a stranger's."""

from hypothesis import given
from hypothesis import strategies as st

from muster.messaging.unsettled import Unsettled


def arrived(number: int) -> tuple[Unsettled, list[int]]:
    """Return the account of so many deliveries, and their tags outside."""
    unsettled = Unsettled()
    return unsettled, [unsettled.add(tag) for tag in range(1, number + 1)]


def test_a_whole_batch_is_one_frame() -> None:
    """All from the oldest on: everything up to the last."""
    unsettled, tags = arrived(100)

    assert unsettled.acks(tags) == [(100, True)]


def test_a_gap_is_not_acked_over() -> None:
    """What lies before a multiple ack would be settled with it."""
    unsettled, tags = arrived(5)

    assert unsettled.acks([tags[4], tags[0], tags[2]]) == [(1, True), (3, False), (5, False)]
    assert unsettled.acks([tags[1], tags[3]]) == [(4, True)]


def test_nothing_is_acked_twice() -> None:
    """A second ack of a tag would make the broker close the channel."""
    unsettled, tags = arrived(2)
    unsettled.acks(tags)

    assert unsettled.acks(tags) == []
    assert list(unsettled.releases(tags)) == []


def test_released_tags_come_oldest_first() -> None:
    """So that the order in the queue is kept."""
    unsettled, tags = arrived(3)

    assert list(unsettled.releases([tags[2], tags[0]])) == [1, 3]


def test_tags_of_a_channel_that_is_gone_are_ignored() -> None:
    """The same number means another message on the next channel."""
    unsettled, stale = arrived(2)
    unsettled.start_over()
    fresh = unsettled.add(1)

    assert unsettled.acks(stale) == []
    assert fresh not in stale
    assert unsettled.acks([fresh]) == [(1, True)]


@given(
    batches=st.lists(st.lists(st.integers(1, 12), unique=True), max_size=6),
)
def test_frames_settle_exactly_what_was_asked(batches: list[list[int]]) -> None:
    """Whatever is acked in whatever order, a broker that follows the frames agrees."""
    unsettled, tags = arrived(12)
    broker = set(range(1, 13))
    expected = set(broker)

    for batch in batches:
        for tag, multiple in unsettled.acks([tags[n - 1] for n in batch]):
            assert tag in broker  # an unknown tag is an error of the protocol
            broker -= {t for t in broker if t <= tag} if multiple else {tag}
        expected -= set(batch)
        assert broker == expected
