"""What dispatch does when matching says that a provider at work no longer passes the rules."""

from datetime import timedelta

import pytest

from muster.access import Caller
from muster.contracts.matching import AssignmentCleared, AssignmentFlagged, Finding
from muster.contracts.vocabulary.identifiers import OrganisationId
from muster.contracts.vocabulary.kinds import CapabilityKind
from services.dispatch import queries
from services.dispatch.domain.job import Job
from services.dispatch.domain.timeline import EntryKind
from services.dispatch.views import JobView
from tests.unit.dispatch.builders import (
    ENTERPRISE,
    GUARD_FIRM,
    INSURER,
    ON_THE_ROAD,
    OPERATOR,
    REQUEST,
    Room,
    assignment,
    cancelled,
    confirmed,
    enterprise,
    envelope,
    provider,
)

FACT = "the licence KH-4711 was revoked"


def flagged(version: int = 1, provider_id: OrganisationId = GUARD_FIRM) -> AssignmentFlagged:
    """Return the news that the provider lost its licence."""
    return AssignmentFlagged(
        request_id=REQUEST,
        enterprise_id=ENTERPRISE,
        provider_id=provider_id,
        version=version,
        findings=(Finding(rule="alliance.licence", fact=FACT, wanted="a verified licence"),),
        rule_pack="pack-1",
    )


def cleared(version: int = 2) -> AssignmentCleared:
    """Return the news that it passes again."""
    return AssignmentCleared(
        request_id=REQUEST,
        enterprise_id=ENTERPRISE,
        provider_id=GUARD_FIRM,
        version=version,
        rule_pack="pack-1",
    )


def hear(room: Room, *said: AssignmentFlagged | AssignmentCleared) -> None:
    """Let dispatch hear these, each in a delivery of its own."""
    for each in said:
        message = envelope(each, room.clock.now())
        room.do(lambda work, it=message: room.subscriptions.follow_flag(work, it))  # type: ignore[misc]


def view(room: Room, job: Job, caller: Caller = OPERATOR) -> JobView:
    """Return a job as this caller sees it."""
    with room.store.read() as connection:
        found = queries.get_job(connection, caller, job.job_id)
        return JobView.of(queries.read(connection, caller, [found])[0])


def entries(room: Room, job: Job) -> list[bool]:
    """Return whether each entry about a flag raised it."""
    kept = [entry for entry in room.timeline(job) if entry.kind is EntryKind.FLAG]
    return [bool(entry.detail["raised"]) for entry in kept]


def test_a_flag_shows_on_the_job_of_its_provider_alone() -> None:
    """Others of the same request have nothing to do with it."""
    room = Room()
    room.hear(confirmed(assignment(), assignment(INSURER, CapabilityKind.INSURANCE, 2)))
    guards, insurance = room.jobs()
    hear(room, flagged())
    (flag,) = view(room, guards).flags
    assert (flag.rule, flag.wanted) == ("alliance.licence", "a verified licence")
    assert view(room, insurance).flags == ()
    assert (entries(room, guards), entries(room, insurance)) == ([True], [])


def test_the_facts_are_for_the_provider_itself_and_operators() -> None:
    """The enterprise learns which rule, and what would do; so does whoever reads the timeline."""
    room = Room()
    job = room.open_job()
    hear(room, flagged())
    assert [view(room, job, each).flags[0].fact for each in (OPERATOR, provider())] == [FACT] * 2
    assert view(room, job, enterprise()).flags[0].fact is None
    assert FACT not in str([entry.detail for entry in room.timeline(job)])


def test_a_flag_that_is_cleared_is_gone_but_stays_on_the_timeline() -> None:
    """What stood against a provider, and for how long, can be told later."""
    room = Room()
    job = room.open_job()
    hear(room, flagged())
    room.clock.advance(timedelta(minutes=1))
    hear(room, cleared())
    assert view(room, job).flags == ()
    assert entries(room, job) == [True, False]


def test_a_flag_that_comes_before_the_job_waits_for_it() -> None:
    """Nothing is dropped because of the order of two queues."""
    room = Room()
    hear(room, flagged())
    assert room.jobs() == []
    job = room.open_job()
    assert [flag.rule for flag in view(room, job).flags] == ["alliance.licence"]
    assert entries(room, job) == [True]


def test_what_is_repeated_or_overtaken_changes_nothing() -> None:
    """The highest version counts, in whatever order they come."""
    room = Room()
    job = room.open_job()
    hear(room, cleared(2), flagged(1), cleared(2))
    assert view(room, job).flags == ()
    assert entries(room, job) == [False]
    hear(room, flagged(3), flagged(3))
    assert len(view(room, job).flags) == 1
    assert entries(room, job) == [False, True]


def test_a_flag_concerns_nobody_once_the_job_is_over() -> None:
    """There is nothing left to decide."""
    room = Room()
    job = room.open_job()
    hear(room, flagged())
    room.report(job, *ON_THE_ROAD)
    assert view(room, job).flags == ()


@pytest.mark.parametrize("first", ["flag", "cancellation"])
def test_a_flag_does_not_stand_in_the_way_of_a_cancellation(first: str) -> None:
    """A request that is heard of by its flag first is opened and cancelled as any other."""
    room = Room()
    if first == "flag":
        hear(room, flagged())
        room.hear(cancelled())
    else:
        room.hear(cancelled())
        hear(room, flagged())
    room.hear(confirmed())
    (job,) = room.jobs()
    assert job.is_final
