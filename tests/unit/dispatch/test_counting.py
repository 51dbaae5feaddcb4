"""Operators see teams that are silent or late, jobs that run and incidents that are open."""

from datetime import timedelta

import pytest

from muster.contracts.vocabulary.statuses import IncidentSeverity, IncidentStatus, JobStatus
from muster.storage.measures import measure_service
from services.dispatch.domain.job import Job
from services.dispatch.measures import measure
from services.dispatch.use_cases.check_in import check_in
from services.dispatch.use_cases.report_incident import report_incident
from services.dispatch.use_cases.steer_incident import steer_incident
from tests.metrics import Rise, shown, total
from tests.unit.dispatch.builders import OPERATOR, Room, provider

TO_THE_SCENE = (
    JobStatus.ACKNOWLEDGED,
    JobStatus.MOBILISING,
    JobStatus.EN_ROUTE,
    JobStatus.ON_SCENE,
)


@pytest.fixture
def room() -> Room:
    """Return an empty room."""
    return Room()


@pytest.fixture
def job(room: Room) -> Job:
    """Return a job in Cambodia whose team has set out; a check-in is due every 100 seconds."""
    return room.report(room.open_job(), *TO_THE_SCENE[:2])


def measured(room: Room, name: str, **labels: str) -> float:
    """Measure anew, and return what is shown."""
    measure_service(room.store, measure)
    return total(shown(), name, **labels)


def test_a_silent_team_is_overdue_until_it_is_heard(room: Room, job: Job) -> None:
    """And every check-in that did not come is counted."""
    rise = Rise()
    assert measured(room, "muster_check_ins_overdue", country="KH") == 0

    room.wait(220)

    assert measured(room, "muster_check_ins_overdue", country="KH") == 1
    assert rise.of("muster_check_ins_missed_total") == 2
    assert rise.of("muster_sla_breaches_total", objective="check_in", urgency="planned") == 2

    room.do(lambda work: check_in(work, provider(), job.job_id))

    assert measured(room, "muster_check_ins_overdue", country="KH") == 0


@pytest.mark.parametrize(("late", "breaches"), [(-1, 0), (1, 1)])
def test_a_team_that_arrives_after_the_window_began_is_late(
    room: Room, job: Job, late: int, breaches: int
) -> None:
    """By what the team says of when it was there."""
    rise = Rise()
    arrived = job.window.starts_at + timedelta(seconds=late)
    room.clock.advance(job.window.starts_at + timedelta(hours=1) - room.clock.now())

    room.report(job, *TO_THE_SCENE[2:], occurred_at=arrived)

    assert rise.of("muster_sla_breaches_total", objective="arrival") == breaches


def test_jobs_are_open_until_they_are_over(room: Room, job: Job) -> None:
    """By their status."""
    assert measured(room, "muster_jobs_open", status="mobilising") == 1

    room.report(job, JobStatus.ABORTED, reason="the road is flooded")

    assert measured(room, "muster_jobs_open") == 0


def test_incidents_are_open_until_they_are_dealt_with(room: Room, job: Job) -> None:
    """By how grave they are."""
    incident = room.do(
        lambda work: report_incident(work, provider(), job.job_id, IncidentSeverity.SEVERE, "Smoke")
    )
    assert measured(room, "muster_incidents_open", severity="severe") == 1

    room.do(
        lambda work: steer_incident(
            work, OPERATOR, incident.incident_id, IncidentStatus.UNFOUNDED, "a barbecue"
        )
    )

    assert measured(room, "muster_incidents_open") == 0
