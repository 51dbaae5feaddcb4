"""What may be read: jobs, tracks, timelines, by whom and in which order."""

from datetime import timedelta
from functools import partial

import pytest

from muster.access import Caller
from muster.contracts.dispatch import PositionReported
from muster.contracts.vocabulary.errors import Conflict, DomainError, NotFound
from muster.contracts.vocabulary.identifiers import JobId, RequestId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import IncidentSeverity, IncidentStatus, JobStatus
from muster.contracts.vocabulary.values import Position
from services.dispatch import queries
from services.dispatch.domain.job import Job
from services.dispatch.use_cases.report_incident import report_incident
from services.dispatch.use_cases.report_position import report_position
from tests.stores import START
from tests.unit.dispatch.builders import (
    ENTERPRISE,
    GUARD_FIRM,
    INSURER,
    OPERATOR,
    STRANGER,
    Room,
    assignment,
    confirmed,
    enterprise,
    provider,
)

MINUTE = timedelta(minutes=1)


def busy_room() -> Room:
    """Return a room with two requests and three jobs."""
    room = Room()
    room.hear(
        confirmed(assignment(), assignment(INSURER, CapabilityKind.INSURANCE, 2)),
        confirmed(assignment(number=3), request_id=RequestId("req_2")),
    )
    return room


def listed(room: Room, caller: Caller, limit: int = 50, after: str | None = None) -> list[Job]:
    """Return what the caller sees."""
    with room.store.read() as connection:
        return queries.list_jobs(connection, caller, limit, after)


def move(room: Room, job: Job, latitude: float, minutes_ago: int = 0) -> None:
    """Report a position."""
    room.do(
        lambda work: report_position(
            work,
            provider(),
            job.job_id,
            Position(latitude, 104.9),
            room.clock.now() - minutes_ago * MINUTE,
        )
    )


@pytest.mark.parametrize(
    ("caller", "visible"),
    [
        (OPERATOR, 3),
        (enterprise(), 3),
        (provider(), 2),
        (provider(INSURER), 1),
        (provider(STRANGER), 0),
        (enterprise(STRANGER), 0),
        (provider(ENTERPRISE), 0),
        (enterprise(GUARD_FIRM), 0),
    ],
)
def test_everybody_lists_their_own(caller: Caller, visible: int) -> None:
    """In the role they act in; an operator lists all."""
    assert len(listed(busy_room(), caller)) == visible


@pytest.mark.parametrize("caller", [provider(INSURER), enterprise(STRANGER)])
def test_a_strangers_job_is_not_found(caller: Caller) -> None:
    """Nor are its timeline, its track and its incidents."""
    room = busy_room()
    (job, *_) = room.jobs()
    with room.store.read() as connection:
        for read in (queries.list_timeline, queries.list_positions):
            with pytest.raises(NotFound):
                read(connection, caller, job.job_id, 50)
        with pytest.raises(NotFound):
            queries.get_job(connection, caller, job.job_id)
        with pytest.raises(NotFound):
            queries.list_incidents(connection, caller, 50, job_id=job.job_id)


def test_jobs_are_found_by_status_and_request() -> None:
    """Both filters may be combined."""
    room = busy_room()
    first, *_ = room.jobs()
    room.report(first, JobStatus.ACKNOWLEDGED)
    with room.store.read() as connection:
        found = queries.list_jobs(
            connection,
            OPERATOR,
            50,
            status=JobStatus.ACKNOWLEDGED,
            request_id=first.request_id,
        )
    assert [job.job_id for job in found] == [first.job_id]


def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    """One more than the limit tells that there is a next page."""
    room = busy_room()
    page = listed(room, OPERATOR, limit=2)
    assert len(page) == 3
    rest = listed(room, OPERATOR, limit=2, after=page[1].job_id)
    assert [job.job_id for job in page[:2] + rest] == [job.job_id for job in room.jobs()]


def test_a_late_position_stands_where_it_was_taken() -> None:
    """The track is in the order it was travelled, not in the order it was told."""
    room = Room()
    job = room.open_job()
    move(room, job, 11.3)
    move(room, job, 11.1, minutes_ago=20)
    move(room, job, 11.2, minutes_ago=10)
    with room.store.read() as connection:
        track = queries.list_positions(connection, provider(), job.job_id, 50)
    assert [point.position.latitude for point in track] == [11.1, 11.2, 11.3]
    assert [event.occurred_at for event in room.said_of(PositionReported)] == [
        START,
        START - 20 * MINUTE,
        START - 10 * MINUTE,
    ]


def test_a_position_leaves_the_job_as_it_is() -> None:
    """So that many of them do not get in the way of a status report."""
    room = Room()
    job = room.open_job()
    move(room, job, 11.3)
    assert room.job(job.job_id) == job


def test_a_position_after_the_end_is_refused() -> None:
    """Where people go when the job is over is their own affair."""
    room = Room()
    job = room.report(room.open_job(), JobStatus.ABORTED, reason="storm")
    with pytest.raises(Conflict):
        move(room, job, 11.3)
    move(room, job, 11.1, minutes_ago=1)


def test_the_timeline_is_in_the_order_things_happened() -> None:
    """Late entries are flagged; pages continue where the last one ended."""
    room = Room()
    job = room.open_job()
    room.wait(600)
    for latitude, minutes_ago in ((11.3, 0), (11.1, 6), (11.2, 1), (11.25, 1)):
        move(room, job, latitude, minutes_ago)
    seen = []
    after = None
    with room.store.read() as connection:
        while page := queries.list_timeline(connection, provider(), job.job_id, 2, after)[:2]:
            seen += page
            after = str(page[-1].sequence)
    assert [entry.detail.get("latitude") for entry in seen] == [None, 11.1, 11.2, 11.25, 11.3]
    assert [entry.late for entry in seen] == [False, True, False, False, False]


def test_a_cursor_of_another_list_is_refused() -> None:
    """It is no number."""
    room = Room()
    job = room.open_job()
    with room.store.read() as connection, pytest.raises(DomainError, match="without a cursor"):
        queries.list_timeline(connection, provider(), job.job_id, 50, "job_1")


def test_incidents_are_listed_for_the_parties() -> None:
    """By job, by status, or all one may see."""
    room = busy_room()
    first, _, third = room.jobs()
    for job in (first, third):
        puncture = partial(
            report_incident,
            caller=provider(),
            job_id=job.job_id,
            severity=IncidentSeverity.MINOR,
            summary="flat tyre",
        )
        room.do(puncture)
    with room.store.read() as connection:
        everything = queries.list_incidents(connection, enterprise(), 50)
        of_first = queries.list_incidents(connection, enterprise(), 50, job_id=first.job_id)
        closed = queries.list_incidents(connection, OPERATOR, 50, status=IncidentStatus.CLOSED)
        strangers = queries.list_incidents(connection, provider(INSURER), 50)
    assert [incident.job_id for incident in everything] == [first.job_id, third.job_id]
    assert [incident.job_id for incident in of_first] == [JobId(first.job_id)]
    assert closed == strangers == []
