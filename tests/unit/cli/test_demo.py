"""The demo's report, faults, and its wait for the projection."""

import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from muster.cli.demo.faults import UnknownProcess, check_faults, kill
from muster.cli.demo.report import Evidence, failed, report_of
from muster.cli.demo.scenario import strike_points
from muster.cli.world.client import Traffic
from muster.cli.world.generation import generate_world
from muster.cli.world.ledger import Ledger, RequestTrace
from muster.cli.world.projection import announcements_of, taken_from_registry
from muster.contracts.vocabulary.statuses import RequestStatus

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def ledger_with(*statuses: str) -> Ledger:
    """Return a ledger of requests that an operator sees in these statuses."""
    ledger = Ledger()
    for number, status in enumerate(statuses):
        view = {"status": status, "window": {}, "assignments": [], "shortfalls": []}
        known = RequestTrace(f"req_{number}", number, NOW, RequestStatus(status), NOW, view=view)
        ledger.requests[known.request_id] = known
    return ledger


def test_a_report_counts_requests_by_what_became_of_them() -> None:
    """Confirmed means confirmed and further."""
    ledger = ledger_with("closed", "in_service", "confirmed", "cancelled", "expired", "unfilled")
    report = report_of(Evidence(ledger, {}, Traffic()))
    assert report["requests"] == 6
    assert report["confirmed"] == 3
    assert report["confirmed_share"] == 0.5
    assert (report["cancelled"], report["expired"]) == (1, 1)
    assert report["unfilled"] == {"no reason given": 1}
    assert not failed(report)


def test_offers_that_were_accepted_stay_accepted_whatever_came_after() -> None:
    """Committed and released were accepted once; a counter is counted beside its ending."""
    ledger = ledger_with()
    ledger.offers["counter"] = 2
    offers = Counter(
        {"accepted": 1, "committed": 2, "released": 3, "declined": 4, "expired": 5, "withdrawn": 6}
    )
    report = report_of(Evidence(ledger, {}, Traffic(), offers))
    assert report["offers"] == {
        "made": 21,
        "accepted": 6,
        "declined": 4,
        "expired": 5,
        "countered": 2,
        "withdrawn": 6,
    }


def test_reviews_are_counted_by_what_became_of_them_and_flags_as_they_came_and_went() -> None:
    """The summary shows what an operator had to decide, and what a suspension did."""
    ledger = ledger_with()
    ledger.counts.update(suspensions=1, flags_raised=1, flags_cleared=1)
    reviews = Counter({"open": 1, "cleared": 5, "refused": 2})
    report = report_of(Evidence(ledger, {}, Traffic(), reviews=reviews))
    assert report["reviews"] == {"opened": 8, "open": 1, "cleared": 5, "refused": 2}
    assert report["flags"] == {"suspensions": 1, "raised": 1, "cleared": 1}


def test_seconds_are_measured_from_the_submission() -> None:
    """To the first offer any provider heard of, and to the confirmation."""
    ledger = ledger_with("closed")
    ledger.requests["req_0"].confirmed_at = NOW + timedelta(seconds=3)
    ledger.offered("req_0", NOW + timedelta(seconds=2))
    ledger.offered("req_0", NOW + timedelta(seconds=1))
    ledger.offered("req_0", NOW + timedelta(seconds=5))
    seconds = report_of(Evidence(ledger, {}, Traffic()))["seconds"]
    assert seconds["submit_to_first_offer"] == {"p50": 1.0, "p95": 1.0}
    assert seconds["submit_to_confirmed"] == {"p50": 3.0, "p95": 3.0}


def test_an_empty_report_has_no_share() -> None:
    """Nothing of nothing is not zero percent."""
    assert report_of(Evidence(Ledger(), {}, Traffic()))["confirmed_share"] is None


def test_a_lost_request_or_an_error_fails_the_demo() -> None:
    """So that a script notices."""
    assert failed(report_of(Evidence(ledger_with("sourcing"), {}, Traffic())))
    ledger = ledger_with("closed")
    ledger.failed("something odd")
    assert failed(report_of(Evidence(ledger, {}, Traffic())))


@pytest.mark.parametrize(
    ("requests", "faults", "points"),
    [(300, 3, [100, 166, 233]), (300, 1, [100]), (3, 3, [1, 1, 2]), (10, 0, [])],
)
def test_faults_strike_from_a_third_on(requests: int, faults: int, points: list[int]) -> None:
    """In the middle of the work, one after the other."""
    assert strike_points(requests, faults) == points


def test_a_fault_in_an_unknown_process_is_refused_before_anything_is_played() -> None:
    """The message names those that run."""
    with pytest.raises(UnknownProcess, match=r"nobody.*api"):
        check_faults(["api", "nobody"], lambda: {"api": 1})


def test_a_fault_kills_as_a_crash_would() -> None:
    """With SIGKILL, which nothing can catch."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        assert kill("api", lambda: {"api": victim.pid}) == victim.pid
        assert victim.wait(timeout=10) == -signal.SIGKILL


def test_the_projection_is_watched_by_the_workers_metrics() -> None:
    """Duplicates were taken, too; what others took does not count."""
    name = "muster_messages_processed_total"
    page = "\n".join(
        f'{name}{{service="{service}",subscription="{subscription}",outcome="{outcome}"}} {count}'
        for service, subscription, outcome, count in [
            ("matching", "registry-projection", "done", 5),
            ("matching", "registry-projection", "duplicate", 2),
            ("matching", "registry-projection", "retried", 9),
            ("notify", "registry-projection", "done", 9),
            ("matching", "sourcing", "done", 9),
        ]
    )
    assert taken_from_registry(f"# TYPE {name} counter\n{page}\n") == 7


def test_the_announcements_of_a_world_are_counted() -> None:
    """Each applied, was vetted and activated; two for each paper, one for each capability."""
    world = generate_world(1, NOW, members=2, capabilities=4, requests=1)
    papers = len(world.providers[0].authorisations)
    assert announcements_of(world) == 2 * 3 + 2 * papers + 4
