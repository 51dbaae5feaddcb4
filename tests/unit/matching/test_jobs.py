"""What dispatch says of jobs starts the service, frees capacity and closes the request."""

import pytest

from muster.contracts.vocabulary.statuses import JobStatus, OfferStatus, RequestStatus
from services.matching.domain.request import Request
from tests.unit.matching.builders import (
    Room,
    asking,
    capability_changed,
    guards_needed,
    provider_changed,
)


@pytest.fixture
def room() -> Room:
    """Alpha and beta, ten guards each."""
    return Room(
        provider_changed("alpha"),
        provider_changed("beta"),
        capability_changed("alpha"),
        capability_changed("beta"),
    )


@pytest.fixture
def request_of_two(room: Room) -> Request:
    """Return a confirmed request that both serve: alpha with ten, beta with six."""
    return room.until_confirmed(asking(guards_needed(16)))


def test_the_first_in_service_starts_the_service(room: Room, request_of_two: Request) -> None:
    """The second changes nothing more."""
    room.hear_job(request_of_two, "alpha", JobStatus.ACKNOWLEDGED, 2)
    assert room.request(request_of_two).status is RequestStatus.CONFIRMED
    room.hear_job(request_of_two, "alpha", JobStatus.IN_SERVICE, 6)
    room.hear_job(request_of_two, "beta", JobStatus.IN_SERVICE, 6)

    assert room.request(request_of_two).status is RequestStatus.IN_SERVICE
    assert room.words(request_of_two).count("started") == 1


def test_a_job_that_ends_frees_its_capacity(room: Room, request_of_two: Request) -> None:
    """Alpha is free again, beta still at work."""
    room.hear_job(request_of_two, "alpha", JobStatus.COMPLETED, 8)

    assert (room.taken("alpha"), room.taken("beta")) == (0, 6)
    assert room.request(request_of_two).status is RequestStatus.IN_SERVICE


def test_the_last_job_to_end_closes_the_request(room: Room, request_of_two: Request) -> None:
    """All is free, and what was committed stays on record as committed."""
    for name in ("alpha", "beta"):
        room.hear_job(request_of_two, name, JobStatus.IN_SERVICE, 6)
        room.hear_job(request_of_two, name, JobStatus.COMPLETED, 8)

    assert room.request(request_of_two).status is RequestStatus.CLOSED
    assert room.taken() == 0
    assert room.words(request_of_two)[-2:] == ["started", "closed"]
    assert {o.status for o in room.offers(request_of_two)} == {OfferStatus.COMMITTED}


def test_aborted_jobs_close_the_request_without_service(
    room: Room, request_of_two: Request
) -> None:
    """Nobody ever was at work, but all jobs have ended."""
    for name in ("alpha", "beta"):
        room.hear_job(request_of_two, name, JobStatus.ABORTED, 3)

    assert room.request(request_of_two).status is RequestStatus.CLOSED
    assert "started" not in room.words(request_of_two)
    assert room.taken() == 0


def test_reports_may_repeat_and_come_in_any_order(room: Room, request_of_two: Request) -> None:
    """The end before the start: the request closes once, and never goes backwards."""
    for name, status, version in (
        ("beta", JobStatus.COMPLETED, 8),
        ("beta", JobStatus.IN_SERVICE, 6),
        ("alpha", JobStatus.IN_SERVICE, 6),
        ("alpha", JobStatus.COMPLETED, 8),
        ("alpha", JobStatus.COMPLETED, 8),
        ("alpha", JobStatus.ON_SCENE, 5),
    ):
        room.hear_job(request_of_two, name, status, version)

    assert room.request(request_of_two).status is RequestStatus.CLOSED
    assert room.words(request_of_two)[2:] == ["confirmed", "started", "closed"]
    assert room.taken() == 0


def test_one_batch_may_bring_all_that_happens_to_a_request(
    room: Room, request_of_two: Request
) -> None:
    """Whoever gave up first, somebody was at work: it starts, then it closes."""
    room.hear(
        room.job_event(request_of_two, "beta", JobStatus.ABORTED, 3),
        room.job_event(request_of_two, "alpha", JobStatus.ON_SCENE, 5),
        room.job_event(request_of_two, "alpha", JobStatus.IN_SERVICE, 6),
        room.job_event(request_of_two, "alpha", JobStatus.COMPLETED, 8),
        room.job_event(request_of_two, "alpha", JobStatus.RELEASED, 7),
    )

    assert room.words(request_of_two)[-2:] == ["started", "closed"]
    assert room.taken() == 0


def test_the_jobs_of_a_cancelled_request_change_nothing(
    room: Room, request_of_two: Request
) -> None:
    """Dispatch reports their end; there is nothing left to free."""
    room.cancel(request_of_two)
    version = room.request(request_of_two).version
    for name in ("alpha", "beta"):
        room.hear_job(request_of_two, name, JobStatus.CANCELLED, 4)

    assert room.request(request_of_two).status is RequestStatus.CANCELLED
    assert room.request(request_of_two).version == version


def test_one_provider_cannot_free_what_another_holds(room: Room, request_of_two: Request) -> None:
    """A report that names somebody else's bookings frees only its own."""
    stolen = room.job_event(request_of_two, "alpha", JobStatus.COMPLETED, 8)
    every_booking = tuple(a.booking_id for a in request_of_two.assignments)
    room.hear(stolen.model_copy(update={"booking_ids": every_booking}))

    assert (room.taken("alpha"), room.taken("beta")) == (0, 6)


def test_a_job_of_an_unknown_request_is_passed_over(room: Room, request_of_two: Request) -> None:
    """Nothing to do, nothing to fail."""
    unknown = room.job_event(request_of_two, "alpha", JobStatus.COMPLETED, 8)
    room.hear(unknown.model_copy(update={"request_id": "req_unknown"}))

    assert room.taken() == 16
