"""What dispatch does when a request is confirmed or cancelled, in whatever order it hears so."""

import pytest
from sqlalchemy.exc import IntegrityError

from muster.contracts.dispatch import JobOpened, JobStatusChanged
from muster.contracts.matching import RequestEvent
from muster.contracts.vocabulary.identifiers import RequestId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import JobStatus
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import JOBS
from tests.unit.dispatch.builders import (
    GUARD_FIRM,
    INSURER,
    ON_THE_ROAD,
    Room,
    a_job,
    assignment,
    cancelled,
    confirmed,
    envelope,
)


def several() -> RequestEvent:
    """Return a request that two providers serve, one of them with two capabilities."""
    return confirmed(
        assignment(GUARD_FIRM, CapabilityKind.GUARDS, 1),
        assignment(INSURER, CapabilityKind.INSURANCE, 2),
        assignment(GUARD_FIRM, CapabilityKind.VEHICLES, 3),
    )


def test_a_confirmed_request_opens_one_job_per_provider() -> None:
    """All that a provider has committed is one job."""
    room = Room()
    room.hear(several())
    guards, insurance = room.jobs()
    assert (guards.provider_id, guards.booking_ids) == (GUARD_FIRM, ("bkg_1", "bkg_3"))
    assert (insurance.provider_id, insurance.remote) == (INSURER, True)
    assert [event.booking_ids for event in room.said_of(JobOpened)] == [
        ("bkg_1", "bkg_3"),
        ("bkg_2",),
    ]


def test_a_job_knows_whom_to_protect_and_where() -> None:
    """The provider is committed now."""
    room = Room()
    job = room.open_job()
    event = confirmed()
    assert (job.principal.name, job.principal.instructions) == ("A. Visitor", "Gate 2")
    assert (job.place, job.window) == (event.place, event.window)


def test_an_event_is_caused_by_the_one_that_was_heard() -> None:
    """The chain of cause and effect can be followed."""
    room = Room()
    message = envelope(confirmed())
    room.deliver(message)
    (opened,) = room.messages()
    assert opened.context.causation_id == message.id
    assert opened.context.correlation_id == "cor_1"


@pytest.mark.parametrize("same_message", [True, False])
def test_a_repeated_confirmation_opens_nothing_twice(same_message: bool) -> None:
    """Neither the same message again nor the same fact in another message."""
    room = Room()
    message = envelope(several())
    room.deliver(message)
    room.deliver(message if same_message else envelope(several()))
    assert len(room.jobs()) == 2
    assert len(room.said()) == 2


def test_the_store_itself_refuses_a_second_job_of_a_provider() -> None:
    """Two workers that open at the same instant cannot both succeed."""
    room = Room()
    room.open_job()
    with pytest.raises(IntegrityError):
        room.do(lambda work: JOBS.add(work, a_job()))


def test_a_cancelled_request_ends_its_jobs_and_reports_their_bookings_free() -> None:
    """The reason is kept."""
    room = Room()
    room.hear(several(), cancelled())
    assert {job.status for job in room.jobs()} == {JobStatus.CANCELLED}
    ends = room.said_of(JobStatusChanged)
    assert [(end.final, end.booking_ids) for end in ends] == [
        (True, ("bkg_1", "bkg_3")),
        (True, ("bkg_2",)),
    ]
    assert {end.reason for end in ends} == {"the visit was called off"}


def test_a_repeated_cancellation_has_no_effect() -> None:
    """Another message with the same fact neither."""
    room = Room()
    room.hear(several(), cancelled(), cancelled())
    assert len(room.said_of(JobStatusChanged)) == 2


def test_a_cancellation_that_overtakes_the_confirmation_is_remembered() -> None:
    """The jobs are opened as cancelled, so that matching hears that the bookings are free."""
    room = Room()
    room.hear(cancelled(), several(), several())
    assert {job.status for job in room.jobs()} == {JobStatus.CANCELLED}
    assert [type(event) for event in room.said()] == [JobOpened, JobStatusChanged] * 2
    assert all(end.final and end.version == 2 for end in room.said_of(JobStatusChanged))


def test_a_cancellation_stops_the_check_ins() -> None:
    """Nobody waits for a team that was called off."""
    room = Room()
    job = room.open_job()
    room.report(job, *ON_THE_ROAD[:2])
    assert len(room.timers()) == 1
    room.hear(cancelled())
    assert room.timers() == []
    assert room.job(job.job_id).watch is None


def test_a_cancellation_aborts_what_was_already_released() -> None:
    """The lifecycle has no way from released to cancelled."""
    room = Room()
    job = room.open_job()
    room.report(job, *ON_THE_ROAD[:-1])
    room.hear(cancelled())
    assert room.job(job.job_id).status is JobStatus.ABORTED


def test_a_completed_job_stays_completed_and_keeps_a_note_of_the_cancellation() -> None:
    """What was done was done."""
    room = Room()
    job = room.open_job()
    room.report(job, *ON_THE_ROAD)
    room.hear(cancelled())
    assert room.job(job.job_id).status is JobStatus.COMPLETED
    assert room.timeline(job)[-1].kind is EntryKind.NOTE


def test_another_request_is_not_touched() -> None:
    """A cancellation ends the jobs of its own request only."""
    room = Room()
    room.hear(confirmed(), cancelled(RequestId("req_2")))
    assert room.jobs()[0].status is JobStatus.COMMITTED
