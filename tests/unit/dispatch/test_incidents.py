"""Incidents: reported by any party at any time, steered by enterprise and operator."""

from functools import partial

import pytest

from muster.access import Caller
from muster.contracts.dispatch import IncidentReported, IncidentStatusChanged
from muster.contracts.vocabulary.errors import IllegalTransition, NotFound
from muster.contracts.vocabulary.statuses import IncidentSeverity, IncidentStatus, JobStatus
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import Job
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.use_cases.report_incident import report_incident
from services.dispatch.use_cases.steer_incident import steer_incident
from tests.unit.dispatch.builders import (
    OPERATOR,
    STRANGER,
    Room,
    enterprise,
    provider,
)


def reported(room: Room, job: Job, caller: Caller | None = None, *, sos: bool = False) -> Incident:
    """Report an incident."""
    return room.do(
        lambda work: report_incident(
            work, caller or provider(), job.job_id, IncidentSeverity.MODERATE, "followed", sos=sos
        )
    )


def steered(
    room: Room, incident: Incident, *statuses: IncidentStatus, caller: Caller = OPERATOR
) -> Incident:
    """Move an incident through these states."""
    for status in statuses:
        incident = room.do(
            partial(
                steer_incident,
                caller=caller,
                incident_id=incident.incident_id,
                status=status,
                reason="seen",
            )
        )
    return incident


@pytest.mark.parametrize("caller", [provider(), enterprise(), OPERATOR])
def test_every_party_may_report_an_incident(caller: Caller) -> None:
    """It is told, and stands on the timeline."""
    room = Room()
    job = room.open_job()
    incident = reported(room, job, caller)
    (told,) = room.said_of(IncidentReported)
    assert (told.incident_id, told.severity) == (incident.incident_id, IncidentSeverity.MODERATE)
    last = room.timeline(job)[-1]
    assert (last.kind, last.actor) == (EntryKind.INCIDENT, caller.actor)


def test_a_call_for_help_is_extreme() -> None:
    """Whatever severity it names."""
    room = Room()
    assert reported(room, room.open_job(), sos=True).severity is IncidentSeverity.EXTREME


def test_an_incident_can_be_reported_when_the_job_is_over() -> None:
    """Danger does not end with the paperwork."""
    room = Room()
    job = room.report(room.open_job(), JobStatus.ABORTED, reason="storm")
    assert reported(room, job).status is IncidentStatus.REPORTED


@pytest.mark.parametrize("stranger", [provider(STRANGER), enterprise(STRANGER)])
def test_a_stranger_neither_reports_nor_steers(stranger: Caller) -> None:
    """The job and the incident are not there for them."""
    room = Room()
    job = room.open_job()
    with pytest.raises(NotFound):
        reported(room, job, stranger)
    incident = reported(room, job)
    with pytest.raises(NotFound):
        steered(room, incident, IncidentStatus.TRIAGED, caller=stranger)


def test_an_incident_is_dealt_with_step_by_step() -> None:
    """Each step is told and stands on the timeline."""
    room = Room()
    job = room.open_job()
    way = (
        IncidentStatus.TRIAGED,
        IncidentStatus.ACTIVE,
        IncidentStatus.RESOLVED,
        IncidentStatus.CLOSED,
    )
    closed = steered(room, reported(room, job), *way, caller=enterprise())
    assert (closed.status, closed.version) == (IncidentStatus.CLOSED, 5)
    assert [event.status for event in room.said_of(IncidentStatusChanged)] == list(way)
    assert [entry.detail["status"] for entry in room.timeline(job)[1:]] == ["reported", *way]


@pytest.mark.parametrize("end", [IncidentStatus.DUPLICATE, IncidentStatus.UNFOUNDED])
def test_duplicate_and_unfounded_are_final(end: IncidentStatus) -> None:
    """Nothing leads out of them."""
    room = Room()
    incident = steered(room, reported(room, room.open_job()), end)
    with pytest.raises(IllegalTransition) as refusal:
        steered(room, incident, IncidentStatus.TRIAGED)
    assert refusal.value.allowed == ()
