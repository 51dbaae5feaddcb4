"""What is counted of a provider, and what that says of it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from muster.contracts.vocabulary.values import Window
from services.matching.domain.track_record import MEMORY, MIDDLING, TrackRecord, work_of
from tests.stores import START

counts = st.integers(min_value=0, max_value=10_000)


def test_who_has_no_record_is_taken_for_middling() -> None:
    """A newcomer is neither preferred nor put last."""
    assert TrackRecord().quality == MIDDLING
    assert TrackRecord().share(10, START) == 0.0


def test_one_job_makes_nobody_the_best_or_the_worst() -> None:
    """The mean starts from five jobs' worth of middling."""
    assert 0.5 < TrackRecord(completed=1).quality < 0.6
    assert 0.4 < TrackRecord(aborted=1).quality < 0.5


def test_a_job_weighs_more_than_an_answer() -> None:
    """Whoever says yes and does not come is worse than whoever says no."""
    unreliable = TrackRecord(accepted=10, aborted=10)
    choosy = TrackRecord(refused=10)
    assert unreliable.quality < choosy.quality < MIDDLING


@given(accepted=counts, refused=counts, completed=counts, aborted=counts)
def test_quality_is_between_nothing_and_one_and_rises_with_every_good_deed(
    accepted: int, refused: int, completed: int, aborted: int
) -> None:
    """Whatever was counted."""
    record = TrackRecord(accepted, refused, completed, aborted)
    better = TrackRecord(accepted, refused, completed + 1, aborted)
    assert 0 < record.quality < better.quality < 1


def test_work_given_fades_with_time() -> None:
    """After ninety days it counts 1/e; what is written stays the same."""
    window = Window(START, START + timedelta(hours=24))
    record = TrackRecord(given=work_of(9, window, START))
    assert abs(record.share(1, START) - 0.1) < 1e-9
    assert abs(record.share(1, START + MEMORY) - 0.1 / 2.718281828) < 1e-9


def test_work_given_later_weighs_more_than_work_given_earlier() -> None:
    """So one sum of both fades rightly."""
    window = Window(START, START + timedelta(hours=24))
    early, late = work_of(1, window, START), work_of(1, window, START + MEMORY)
    both = TrackRecord(given=early + late)
    apart = TrackRecord(given=early).share(1, START + MEMORY) + 1 * 24 / (90 * 24)
    assert abs(both.share(1, START + MEMORY) - apart) < 1e-9


def test_who_offers_nothing_any_more_has_no_share() -> None:
    """There is nothing to divide by."""
    assert TrackRecord(given=1e9).share(0, START) == 0.0
    assert TrackRecord(given=1e9).share(1, START) == 1.0
