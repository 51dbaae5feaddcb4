"""When check-ins are due, heard and missed."""

from datetime import timedelta

import pytest

from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import JobStatus
from services.dispatch.domain.check_ins import CheckInWatch
from tests.stores import START
from tests.unit.dispatch.builders import a_job

SECOND = timedelta(seconds=1)


def watch() -> CheckInWatch:
    """Return a watch with an interval of 100 seconds."""
    return CheckInWatch.begun(100, START, START)


def test_the_first_check_in_is_due_after_one_interval_and_its_grace() -> None:
    """Grace is a fifth of the interval."""
    assert watch().next_due_at == START + 100 * SECOND
    assert watch().deadline == START + 120 * SECOND


def test_the_grace_is_two_seconds_at_least() -> None:
    """A short interval leaves time for the report to arrive."""
    assert CheckInWatch.begun(5, START, START).grace == 2 * SECOND


def test_nothing_is_missed_before_the_grace_is_over() -> None:
    """Being due is not being missed."""
    assert watch().missed_by(START + 119 * SECOND) == watch()


def test_a_missed_check_in_moves_the_next_by_one_interval() -> None:
    """The rhythm stays."""
    missed = watch().missed_by(START + 120 * SECOND)
    assert (missed.missed, missed.next_due_at) == (1, START + 200 * SECOND)
    assert missed.last_due_at == START + 100 * SECOND


def test_check_ins_missed_in_a_row_are_counted() -> None:
    """Two timers, two misses."""
    twice = watch().missed_by(START + 120 * SECOND).missed_by(START + 220 * SECOND)
    assert twice.missed == 2


def test_a_pause_of_the_machinery_gives_one_alarm_with_the_true_count() -> None:
    """A restart after an hour does not ring 36 times."""
    late = watch().missed_by(START + 3600 * SECOND)
    assert late.missed == 35
    assert not late.overdue(START + 3600 * SECOND)
    assert late.last_due_at == START + 3500 * SECOND


def test_a_check_in_clears_the_count_and_starts_the_interval_anew() -> None:
    """They are well."""
    missed = watch().missed_by(START + 130 * SECOND)
    heard = missed.heard(START + 150 * SECOND, START + 151 * SECOND)
    assert (heard.missed, heard.next_due_at) == (0, START + 250 * SECOND)


def test_a_check_in_overtaken_by_a_later_one_changes_nothing() -> None:
    """Reports may come in any order."""
    heard = watch().heard(START + 50 * SECOND, START + 50 * SECOND)
    assert heard.heard(START + 40 * SECOND, START + 60 * SECOND) == heard


def test_a_check_in_that_comes_hours_late_says_nothing_of_the_present() -> None:
    """The count stays, because the check-ins after it are missing still."""
    missed = watch().missed_by(START + 3600 * SECOND)
    heard = missed.heard(START + 60 * SECOND, START + 3600 * SECOND)
    assert (heard.missed, heard.next_due_at) == (missed.missed, missed.next_due_at)


@pytest.mark.parametrize(
    ("status", "watched"),
    [
        (JobStatus.ACKNOWLEDGED, False),
        (JobStatus.MOBILISING, True),
        (JobStatus.IN_SERVICE, True),
        (JobStatus.RELEASED, False),
        (JobStatus.ABORTED, False),
    ],
)
def test_teams_are_watched_from_setting_out_until_release(status: JobStatus, watched: bool) -> None:
    """Before and after, nobody waits for a check-in."""
    assert (a_job().step(status, START, START).watch is not None) == watched


def test_desk_work_needs_no_check_ins() -> None:
    """Nobody is out there."""
    assert a_job(CapabilityKind.INSURANCE).step(JobStatus.IN_SERVICE, START, START).watch is None


def test_a_step_on_the_road_keeps_the_rhythm() -> None:
    """A status report is no check-in."""
    mobilising = a_job().step(JobStatus.MOBILISING, START, START)
    later = START + 50 * SECOND
    assert mobilising.step(JobStatus.EN_ROUTE, later, later).watch == mobilising.watch
