"""Taking status reports."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from muster.contracts.dispatch import JobDelayed, JobStatusChanged
from muster.contracts.vocabulary.errors import Conflict, Forbidden, IllegalTransition, NotFound
from muster.contracts.vocabulary.identifiers import JobId, OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import JobStatus
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.tables import metadata
from services.dispatch.use_cases.report_delay import report_delay
from services.dispatch.use_cases.report_status import report_status
from tests.stores import START
from tests.unit.dispatch.builders import (
    ENTERPRISE,
    GUARD_FIRM,
    INSURER,
    ON_THE_ROAD,
    OPERATOR,
    STRANGER,
    Room,
    assignment,
    provider,
)


def test_a_job_goes_its_way_and_says_each_step() -> None:
    """The last one is final and frees the bookings."""
    room = Room()
    job = room.report(room.open_job(), *ON_THE_ROAD)
    assert (job.status, job.version) == (JobStatus.COMPLETED, 8)
    steps = room.said_of(JobStatusChanged)
    assert [step.status for step in steps] == list(ON_THE_ROAD)
    assert [step.before for step in steps] == [JobStatus.COMMITTED, *ON_THE_ROAD[:-1]]
    assert [step.version for step in steps] == [2, 3, 4, 5, 6, 7, 8]
    assert [step.final for step in steps] == [False] * 6 + [True]
    assert steps[-1].booking_ids == ("bkg_1",)


def test_desk_work_is_completed_without_a_journey() -> None:
    """Acknowledged, in service, released, completed."""
    room = Room()
    job = room.open_job(assignment(INSURER, CapabilityKind.INSURANCE))
    done = room.report(
        job,
        JobStatus.ACKNOWLEDGED,
        JobStatus.IN_SERVICE,
        JobStatus.RELEASED,
        JobStatus.COMPLETED,
    )
    assert done.is_final
    assert room.timers() == []


def test_each_step_is_remembered_with_who_when_and_why() -> None:
    """An auditor can read the life of a job."""
    room = Room()
    job = room.open_job()
    earlier = START - timedelta(minutes=3)
    room.report(job, JobStatus.ACKNOWLEDGED, occurred_at=earlier, reason="by phone")
    transitions = metadata.tables["transitions"]
    with room.store.read() as connection:
        opened, acknowledged = connection.execute(
            select(transitions).order_by(transitions.c.sequence)
        )
    assert (opened.before, opened.after) == ("", "committed")
    assert (acknowledged.before, acknowledged.after) == ("committed", "acknowledged")
    assert (acknowledged.organisation_id, acknowledged.reason) == (GUARD_FIRM, "by phone")
    assert (acknowledged.occurred_at, acknowledged.recorded_at) == (earlier, START)


def test_a_report_that_was_overtaken_is_kept_and_moves_nothing() -> None:
    """It stands on the timeline, flagged, where it happened."""
    room = Room()
    job = room.report(room.open_job(), *ON_THE_ROAD[:4])
    said = len(room.said())
    after = room.report(
        job, JobStatus.MOBILISING, occurred_at=START - timedelta(minutes=20), reason="no signal"
    )
    assert after == job
    assert len(room.said()) == said
    first = room.timeline(job)[0]
    assert (first.out_of_order, first.late) == (True, True)
    assert first.detail == {"status": "mobilising", "reason": "no signal", "repeated": False}


def test_a_repeated_report_is_kept_and_moves_nothing() -> None:
    """A retry of the provider's client does no harm."""
    room = Room()
    job = room.report(room.open_job(), JobStatus.ACKNOWLEDGED)
    assert room.report(job, JobStatus.ACKNOWLEDGED) == job
    last = room.timeline(job)[-1]
    assert (last.detail["repeated"], last.out_of_order) == (True, False)


def test_an_illegal_step_leaves_no_trace() -> None:
    """Not even on the timeline."""
    room = Room()
    job = room.open_job()
    with pytest.raises(IllegalTransition):
        room.report(job, JobStatus.COMPLETED)
    assert room.job(job.job_id) == job
    assert len(room.timeline(job)) == 1


@pytest.mark.parametrize("stranger", [STRANGER, INSURER, ENTERPRISE])
def test_nobody_else_reports_on_a_providers_job(stranger: OrganisationId) -> None:
    """Not even another provider of the same request, nor whoever ordered it."""
    room = Room()
    job = room.open_job(assignment(), assignment(INSURER, CapabilityKind.INSURANCE, 2))
    with pytest.raises(NotFound):
        room.report(job, JobStatus.ACKNOWLEDGED, caller=provider(stranger))


def test_a_job_that_does_not_exist_is_not_found() -> None:
    """As if it were a stranger's."""
    room = Room()
    job = room.open_job()
    with pytest.raises(NotFound):
        room.do(lambda work: report_delay(work, provider(), JobId("job_x"), True, "traffic"))
    assert room.job(job.job_id) == job


def test_an_operator_reports_on_behalf_and_cancels() -> None:
    """Operators steer."""
    room = Room()
    job = room.open_job()
    room.report(job, JobStatus.ACKNOWLEDGED, caller=OPERATOR)
    ended = room.report(job, JobStatus.CANCELLED, caller=OPERATOR, reason="member suspended")
    assert (ended.status, ended.reached) == (JobStatus.CANCELLED, JobStatus.ACKNOWLEDGED)
    assert ended.ended_at == START


def test_a_provider_aborts_but_does_not_cancel() -> None:
    """It is bound; it can only say that it could not go on."""
    room = Room()
    job = room.open_job()
    with pytest.raises(Forbidden, match="aborted"):
        room.report(job, JobStatus.CANCELLED, reason="too far")
    assert room.report(job, JobStatus.ABORTED, reason="road washed away").is_final


def test_a_delay_is_a_flag_that_is_said_when_it_changes() -> None:
    """The status stays; the next step carries the flag."""
    room = Room()
    job = room.open_job()
    for delayed in (True, True, False):
        late = partial(
            report_delay, caller=provider(), job_id=job.job_id, delayed=delayed, reason="traffic"
        )
        room.do(late)
    assert [event.delayed for event in room.said_of(JobDelayed)] == [True, False]
    assert [entry.kind for entry in room.timeline(job)][1:] == [EntryKind.DELAY] * 3
    assert room.job(job.job_id).status is JobStatus.COMMITTED


def test_a_job_that_is_over_cannot_be_late() -> None:
    """There is nothing to wait for."""
    room = Room()
    job = room.report(room.open_job(), JobStatus.ABORTED, reason="no visa")
    with pytest.raises(Conflict):
        room.do(lambda work: report_delay(work, provider(), job.job_id, True, "traffic"))


def test_a_report_takes_few_statements() -> None:
    """Reports are the most frequent write of all: load, save, timeline, transition, outbox."""
    room = Room()
    job = room.report(room.open_job(), *ON_THE_ROAD[:2])

    def act() -> None:
        room.do(lambda work: report_status(work, provider(), job.job_id, JobStatus.EN_ROUTE))

    assert len(room.statements_of(act)) == 5
