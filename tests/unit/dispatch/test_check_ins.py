"""Check-ins: received, missed, over."""

from datetime import datetime, timedelta

import pytest

from muster.contracts.dispatch import CheckInMissed, CheckInReceived, PositionReported
from muster.contracts.vocabulary.errors import Conflict, NotFound
from muster.contracts.vocabulary.statuses import JobStatus
from muster.contracts.vocabulary.values import Position
from services.dispatch.domain.job import Job
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.use_cases.check_in import check_in
from services.dispatch.use_cases.notice_missed_check_in import notice_missed_check_in
from services.dispatch.use_cases.report_position import report_position
from tests.stores import START
from tests.unit.dispatch.builders import (
    GRACE,
    INTERVAL,
    ON_THE_ROAD,
    STRANGER,
    Room,
    provider,
)

HERE = Position(11.55, 104.92)


def on_the_road(room: Room) -> Job:
    """Return a job whose team has set out."""
    return room.report(room.open_job(), JobStatus.ACKNOWLEDGED, JobStatus.MOBILISING)


def check(room: Room, job: Job, occurred_at: datetime | None = None) -> Job:
    """Check in."""
    return room.do(lambda work: check_in(work, provider(), job.job_id, occurred_at))


def test_the_timer_starts_when_the_team_sets_out() -> None:
    """It is due one interval and its grace later."""
    room = Room()
    on_the_road(room)
    assert room.timers() == [START + INTERVAL + GRACE]


def test_a_check_in_moves_the_timer() -> None:
    """There is never more than one per job."""
    room = Room()
    job = on_the_road(room)
    room.wait(60)
    check(room, job)
    assert room.timers() == [START + timedelta(seconds=60) + INTERVAL + GRACE]
    assert [event.occurred_at for event in room.said_of(CheckInReceived)] == [room.clock.now()]


def test_missed_check_ins_are_told_with_their_count_until_one_comes() -> None:
    """One, two; then the team is heard and the count begins anew."""
    room = Room()
    job = on_the_road(room)
    room.wait(120)
    room.wait(100)
    assert [(event.missed, event.due_at) for event in room.said_of(CheckInMissed)] == [
        (1, START + INTERVAL),
        (2, START + 2 * INTERVAL),
    ]
    assert check(room, job).watch == room.job(job.job_id).watch
    room.wait(120)
    assert [event.missed for event in room.said_of(CheckInMissed)] == [1, 2, 1]


def test_nothing_is_missed_while_check_ins_come() -> None:
    """A quiet timeline."""
    room = Room()
    job = on_the_road(room)
    for _ in range(5):
        room.wait(90)
        check(room, job)
    assert room.said_of(CheckInMissed) == []


def test_a_missed_check_in_stands_on_the_timeline_where_it_was_due() -> None:
    """It was the timer that noticed."""
    room = Room()
    job = on_the_road(room)
    room.wait(120)
    (missed,) = [e for e in room.timeline(job) if e.kind is EntryKind.CHECK_IN_MISSED]
    assert (missed.occurred_at, missed.recorded_at) == (START + INTERVAL, room.clock.now())
    assert missed.actor.name == "timer:check-in-due"
    assert missed.detail["missed"] == 1


def test_neither_status_nor_position_is_a_check_in() -> None:
    """A phone that reports by itself does not say that its bearer is well."""
    room = Room()
    job = on_the_road(room)
    room.wait(90)
    room.report(job, JobStatus.EN_ROUTE)
    room.do(lambda work: report_position(work, provider(), job.job_id, HERE))
    room.wait(30)
    assert len(room.said_of(CheckInMissed)) == 1


def test_the_timer_stops_when_the_team_is_released() -> None:
    """Nothing is expected any more."""
    room = Room()
    job = room.report(on_the_road(room), *ON_THE_ROAD[2:-1])
    assert room.timers() == []
    room.wait(1000)
    assert room.said_of(CheckInMissed) == []
    assert room.job(job.job_id).watch is None


def test_a_timer_that_fires_too_early_waits_for_the_right_moment() -> None:
    """Nothing is missed, and nothing is forgotten."""
    room = Room()
    job = on_the_road(room)
    room.do(lambda work: notice_missed_check_in(work, job.job_id))
    assert room.said_of(CheckInMissed) == []
    assert room.timers() == [START + INTERVAL + GRACE]


def test_a_timer_of_a_job_that_is_over_has_no_effect() -> None:
    """It may have been on its way when the job ended."""
    room = Room()
    job = room.report(on_the_road(room), JobStatus.ABORTED, reason="storm")
    room.do(lambda work: notice_missed_check_in(work, job.job_id))
    assert room.said_of(CheckInMissed) == []
    assert room.timers() == []


def test_a_check_in_that_was_overtaken_is_kept_and_flagged() -> None:
    """It moves neither timer nor count."""
    room = Room()
    job = on_the_road(room)
    room.wait(60)
    check(room, job)
    timers = room.timers()
    check(room, job, occurred_at=START + timedelta(seconds=30))
    assert room.timers() == timers
    flagged = [entry.occurred_at for entry in room.timeline(job) if entry.out_of_order]
    assert flagged == [START + timedelta(seconds=30)]


def test_a_check_in_before_setting_out_is_kept_and_starts_no_timer() -> None:
    """Good to hear, but nobody was waiting."""
    room = Room()
    job = room.open_job()
    check(room, job)
    assert room.timers() == []
    assert len(room.said_of(CheckInReceived)) == 1


def test_a_check_in_with_a_position_is_a_point_of_the_track_too() -> None:
    """One report, one entry, two facts."""
    room = Room()
    job = on_the_road(room)
    room.do(lambda work: check_in(work, provider(), job.job_id, position=HERE, note="all fine"))
    assert [event.position for event in room.said_of(PositionReported)] == [HERE]
    assert room.timeline(job)[-1].detail == {
        "note": "all fine",
        "position": {"latitude": 11.55, "longitude": 104.92},
    }


def test_a_check_in_after_the_end_is_refused_and_one_from_before_is_kept() -> None:
    """Late reports are kept, wherever they come from."""
    room = Room()
    job = on_the_road(room)
    room.wait(60)
    room.report(job, JobStatus.ABORTED, reason="storm")
    with pytest.raises(Conflict):
        check(room, job)
    check(room, job, occurred_at=START + timedelta(seconds=30))
    assert len(room.said_of(CheckInReceived)) == 1


def test_a_stranger_does_not_check_in() -> None:
    """Nobody can silence another team's alarm."""
    room = Room()
    job = on_the_road(room)
    with pytest.raises(NotFound):
        room.do(lambda work: check_in(work, provider(STRANGER), job.job_id))
