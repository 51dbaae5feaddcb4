"""What a status report means for a job."""

from datetime import timedelta
from itertools import pairwise

import pytest

from muster.contracts.vocabulary.errors import Conflict, IllegalTransition
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import JobStatus
from services.dispatch.domain.job import PATH, Job
from services.dispatch.domain.reports import (
    FromTheFuture,
    Verdict,
    allowed_steps,
    closing_step,
    judge,
    refuse_after_the_end,
    time_of,
)
from tests.stores import START
from tests.unit.dispatch.builders import ON_THE_ROAD, a_job

MINUTE = timedelta(minutes=1)


def walked_to(status: JobStatus, kind: CapabilityKind = CapabilityKind.GUARDS) -> Job:
    """Return a job that came to this status step by step."""
    job = a_job(kind)
    for step in ON_THE_ROAD:
        if job.status is status:
            break
        job = job.step(step, START, START)
    return job


@pytest.mark.parametrize(("before", "after"), list(pairwise(PATH)))
def test_the_next_status_on_the_path_is_a_step(before: JobStatus, after: JobStatus) -> None:
    """People on the road go through every state."""
    assert judge(walked_to(before), after, START) is Verdict.STEP


@pytest.mark.parametrize("status", PATH)
def test_the_present_status_is_a_repeat(status: JobStatus) -> None:
    """A provider may say a thing twice, at the end too."""
    assert judge(walked_to(status), status, START) is Verdict.REPEATED


@pytest.mark.parametrize(
    ("present", "reported"),
    [(now, past) for rank, now in enumerate(PATH) for past in PATH[:rank]],
)
def test_a_status_the_job_has_passed_is_out_of_order(
    present: JobStatus, reported: JobStatus
) -> None:
    """It is news of the past and never moves a job backwards."""
    assert judge(walked_to(present), reported, START) is Verdict.OUT_OF_ORDER


def test_people_on_the_road_may_not_skip_the_journey() -> None:
    """The refusal names where the job may go instead."""
    with pytest.raises(IllegalTransition) as refusal:
        judge(walked_to(JobStatus.ACKNOWLEDGED), JobStatus.IN_SERVICE, START)
    assert refusal.value.allowed == ("aborted", "cancelled", "mobilising")


def test_desk_work_goes_into_service_at_once() -> None:
    """Nobody travels for a policy."""
    job = walked_to(JobStatus.ACKNOWLEDGED, CapabilityKind.INSURANCE)
    assert judge(job, JobStatus.IN_SERVICE, START) is Verdict.STEP


def test_one_guard_makes_a_job_of_desk_work_travel() -> None:
    """A job is remote only if all of it is."""
    desk, guards = a_job(CapabilityKind.INTELLIGENCE), a_job()
    mixed = a_job(assignments=desk.assignments + guards.assignments)
    assert (desk.remote, guards.remote, mixed.remote) == (True, False, False)


def test_a_cancelled_job_hears_what_happened_before_its_end() -> None:
    """The team learned late that it was called off; its reports up to then count as news."""
    job = walked_to(JobStatus.MOBILISING).step(JobStatus.CANCELLED, START, START)
    assert judge(job, JobStatus.ON_SCENE, START - MINUTE) is Verdict.OUT_OF_ORDER
    with pytest.raises(IllegalTransition) as refusal:
        judge(job, JobStatus.ON_SCENE, START + MINUTE)
    assert refusal.value.allowed == ()


def test_a_completed_job_cannot_be_aborted() -> None:
    """Final is final."""
    with pytest.raises(IllegalTransition):
        judge(walked_to(JobStatus.COMPLETED), JobStatus.ABORTED, START)


@pytest.mark.parametrize("status", PATH[:-1])
def test_the_way_a_job_ends_with_its_request_is_always_allowed(status: JobStatus) -> None:
    """Whoever is already released is aborted, everybody else cancelled."""
    job = walked_to(status)
    assert closing_step(job) in allowed_steps(job)
    assert (closing_step(job) is JobStatus.ABORTED) == (status is JobStatus.RELEASED)


def test_a_report_without_a_time_happened_now() -> None:
    """The time is optional."""
    assert time_of(None, START) == START


def test_a_clock_that_runs_a_little_ahead_is_forgiven() -> None:
    """Nothing is recorded before it happened."""
    assert time_of(START + 5 * MINUTE, START) == START


def test_a_report_from_the_future_is_refused() -> None:
    """More than five minutes is no difference of clocks."""
    with pytest.raises(FromTheFuture, match="check your clock"):
        time_of(START + 6 * MINUTE, START)


def test_what_happens_after_the_end_of_a_job_is_refused() -> None:
    """The principal's whereabouts are nobody's business any more."""
    job = a_job().step(JobStatus.ABORTED, START, START)
    refuse_after_the_end(job, START - MINUTE)
    with pytest.raises(Conflict, match="aborted since"):
        refuse_after_the_end(job, START)
