"""The arithmetic of a report: quantiles, lost requests, overbooked capabilities."""

from datetime import UTC, datetime, timedelta

import pytest

from muster.cli.world.ledger import Ledger, RequestTrace
from muster.cli.world.outcome import (
    Use,
    lost,
    overbooked,
    quantile,
    quantiles,
    reasons_of,
    unfilled_by_reason,
    uses_of,
)
from muster.contracts.vocabulary.statuses import RequestStatus

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    """Return an instant of the day under test."""
    return NOW + timedelta(hours=hours)


def use(quantity: int, starts: float, ends: float, since: float = 0, until: float = 1000) -> Use:
    """Return a use of one capability."""
    return Use("cap_1", quantity, at(starts), at(ends), at(since), at(until))


def trace(number: int, status: RequestStatus | None, **view: object) -> RequestTrace:
    """Return a request as the players saw it, and as an operator sees it (None: not at all)."""
    seen = {} if status is None else {"status": status.value, **view}
    return RequestTrace(f"req_{number}", number, NOW, RequestStatus.SUBMITTED, NOW, view=seen)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 3.0), (0.95, 5.0), (0.2, 1.0), (0.21, 2.0), (1.0, 5.0)]
)
def test_a_quantile_is_the_smallest_value_that_covers_the_share(
    share: float, expected: float
) -> None:
    """Nearest rank: the answer is always a value that was measured."""
    assert quantile([5, 1, 4, 2, 3], share) == expected


def test_nothing_measured_has_no_quantiles() -> None:
    """An empty measurement is told as missing, not as zero."""
    assert quantiles([]) == {"p50": None, "p95": None}


def test_p95_of_a_hundred_values_is_the_95th() -> None:
    """The five slowest of a hundred lie beyond it."""
    assert quantiles(range(1, 101)) == {"p50": 50, "p95": 95}


@pytest.mark.parametrize(
    "status", ["confirmed", "in_service", "closed", "cancelled", "expired", "unfilled"]
)
def test_a_request_that_came_through_is_not_lost(status: str) -> None:
    """Confirmed and further, or ended with a reason."""
    assert lost([trace(1, RequestStatus(status))]) == []


@pytest.mark.parametrize("status", ["submitted", "sourcing", "proposed"])
def test_a_request_that_is_stuck_is_lost(status: str) -> None:
    """It was answered 2xx, so it must come to something."""
    assert lost([trace(1, RequestStatus(status))]) == ["req_1"]


def test_a_request_that_the_system_forgot_is_lost() -> None:
    """An operator does not even see it."""
    assert lost([trace(1, None)]) == ["req_1"]


def test_uses_up_to_the_capacity_do_not_overbook() -> None:
    """Full is not too full."""
    assert overbooked([use(4, 0, 2), use(6, 1, 3)], {"cap_1": 10}) == []


def test_one_more_than_there_is_overbooks() -> None:
    """At one instant 11 of 10 are committed."""
    assert overbooked([use(5, 0, 2), use(6, 1, 3)], {"cap_1": 10}) == ["cap_1"]


def test_windows_that_only_touch_do_not_add_up() -> None:
    """Windows are half-open."""
    assert overbooked([use(6, 0, 2), use(6, 2, 4)], {"cap_1": 10}) == []


def test_uses_that_overlap_a_third_but_not_each_other_do_not_add_up() -> None:
    """What counts is one instant, not the sum over the window."""
    uses = [use(5, 0, 2), use(5, 3, 5), use(5, 0, 5)]
    assert overbooked(uses, {"cap_1": 10}) == []


def test_capacity_that_was_freed_may_be_used_again() -> None:
    """A job that ended early gives its capacity back, though its window goes on."""
    uses = [use(10, 0, 5, since=0, until=1), use(10, 0, 5, since=1)]
    assert overbooked(uses, {"cap_1": 10}) == []


def test_capacity_used_again_before_it_was_freed_is_overbooked() -> None:
    """The second commitment came too early."""
    uses = [use(10, 0, 5, since=0, until=2), use(10, 0, 5, since=1)]
    assert overbooked(uses, {"cap_1": 10}) == ["cap_1"]


def test_uses_are_read_from_confirmed_requests_and_end_with_their_jobs() -> None:
    """Assignments give quantity and capability, the ledger gives the life of the booking."""
    ledger = Ledger()
    known = trace(
        1,
        RequestStatus.CLOSED,
        window={"starts_at": at(1).isoformat(), "ends_at": at(2).isoformat()},
        assignments=[
            {"capability_id": "cap_1", "quantity": 3, "provider_id": "org_1"},
            {"capability_id": "cap_2", "quantity": 1, "provider_id": "org_2"},
        ],
    )
    known.confirmed_at = at(0.1)
    ledger.requests["req_1"] = known
    ledger.job_ended("req_1", "org_1", "completed", at(0.5))
    known.cancelled_at = at(0.7)
    assert uses_of(ledger) == [
        Use("cap_1", 3, at(1), at(2), at(0.1), at(0.5)),
        Use("cap_2", 1, at(1), at(2), at(0.1), at(0.7)),
    ]


def test_unfilled_requests_are_counted_by_their_commonest_reason() -> None:
    """Each request counts once, under the reason that held most often for its first shortfall."""
    no_licence = {"reasons": {"licence": 7, "coverage_country": 2}}
    too_few = {"reasons": {"capacity": 3}}
    traces = [
        trace(1, RequestStatus.UNFILLED, shortfalls=[no_licence, too_few]),
        trace(2, RequestStatus.UNFILLED, shortfalls=[no_licence]),
        trace(3, RequestStatus.UNFILLED, shortfalls=[too_few]),
        trace(4, RequestStatus.CLOSED, shortfalls=[]),
    ]
    assert unfilled_by_reason(traces) == {"licence": 2, "capacity": 1}
    assert reasons_of(traces[0].view) == ["licence", "capacity"]


def test_that_members_were_excluded_is_a_reason_only_where_nothing_else_is() -> None:
    """We exclude whom we do not play, however many they are; that is not what was lacking."""
    excluded = {"not_excluded": 90, "licence": 2}
    view = {"shortfalls": [{"reasons": excluded}, {"reasons": {"not_excluded": 1}}]}
    assert reasons_of(view) == ["licence", "not_excluded"]


def test_a_settled_request_stays_settled_whatever_arrives_late() -> None:
    """News may overtake each other."""
    ledger = Ledger(in_hand=1)
    view = {"request_id": "req_1", "submitted_at": NOW.isoformat(), "status": "submitted"}
    ledger.submitted(view, 1)
    ledger.request_became("req_1", RequestStatus.CLOSED, at(2))
    ledger.request_became("req_1", RequestStatus.CONFIRMED, at(1))
    assert ledger.requests["req_1"].status is RequestStatus.CLOSED
    assert ledger.requests["req_1"].confirmed_at == at(1)
    assert ledger.in_hand == 0
