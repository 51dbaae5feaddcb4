"""Dispatch over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from muster.access import Caller
from muster.clock import SeededIds
from muster.contracts.dispatch import JobStatusChanged
from muster.contracts.vocabulary.kinds import CapabilityKind
from muster.contracts.vocabulary.statuses import JobStatus
from muster.web import TokenSigner, TokenVerifier, create_app, generate_keypair
from services.dispatch.api import router
from services.dispatch.domain.job import Job
from tests.http_client import client_of
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
    enterprise,
    provider,
)

HERE = {"latitude": 11.55, "longitude": 104.92}


class Desk:
    """The application with a job in it, and tokens for whoever wants to call."""

    def __init__(self) -> None:
        self.room = Room()
        self.job: Job = self.room.open_job(
            assignment(), assignment(INSURER, CapabilityKind.INSURANCE, 2)
        )
        private, public = generate_keypair()
        self.signer = TokenSigner(private, "muster", 900)
        self.app = create_app(
            {"dispatch": self.room.store},
            {"dispatch": [router]},
            TokenVerifier(public, "muster", self.room.clock),
            {},
            1_048_576,
            list,
            ids=SeededIds(7),
        )
        self.client: httpx.Client

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        caller: Caller | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request, by default of the job's provider."""
        token = self.signer.sign(caller or provider(), now=self.room.clock.now(), token_id="tok_1")
        sent = {**(headers or {}), "Authorization": f"Bearer {token.value}"}
        return self.client.request(method, path, json=body, headers=sent)

    def of_job(self, part: str = "") -> str:
        """Return the path of the job, or of a part of it."""
        return f"/v1/jobs/{self.job.job_id}{part}"

    def report(self, status: str, caller: Caller | None = None, **more: str) -> httpx.Response:
        """Report a status."""
        return self.ask("POST", self.of_job("/status"), {"status": status, **more}, caller)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A running application."""
    desk = Desk()
    with client_of(desk.app) as desk.client:
        yield desk


def test_a_provider_reads_its_job_with_the_principal(desk: Desk) -> None:
    """It is committed, so it may know whom to protect."""
    view = desk.ask("GET", desk.of_job()).json()
    assert view["principal"] == {
        "name": "A. Visitor",
        "contact": "+855 23 000 000",
        "instructions": "Gate 2",
    }
    assert (view["status"], view["remote"], view["delayed"]) == ("committed", False, False)
    assert [item["booking_id"] for item in view["assignments"]] == ["bkg_1"]
    assert view["place"]["country"] == "KH"
    assert (view["next_check_in_due_at"], view["missed_check_ins"]) == (None, 0)


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (enterprise(), 200),
        (OPERATOR, 200),
        (provider(INSURER), 404),
        (provider(STRANGER), 404),
        (enterprise(STRANGER), 404),
    ],
)
def test_a_strangers_job_answers_404(desk: Desk, caller: Caller, expected: int) -> None:
    """As if there were no such job."""
    for part in ("", "/timeline", "/positions", "/incidents"):
        assert desk.ask("GET", desk.of_job(part), caller=caller).status_code == expected


def test_a_stranger_reports_on_nothing(desk: Desk) -> None:
    """Every report of a stranger answers 404 and leaves no trace."""
    bodies: dict[str, dict[str, Any]] = {
        "/status": {"status": "acknowledged"},
        "/delay": {"delayed": True, "reason": "traffic"},
        "/positions": {"position": HERE},
        "/check-ins": {},
        "/incidents": {"summary": "noise", "severity": "minor"},
    }
    for part, body in bodies.items():
        answer = desk.ask("POST", desk.of_job(part), body, provider(STRANGER))
        assert answer.status_code == 404
    assert len(desk.room.timeline(desk.job)) == 1


def test_an_enterprise_reads_but_does_not_report(desk: Desk) -> None:
    """Its own job too."""
    assert desk.report("acknowledged", enterprise()).status_code == 403


def test_a_job_goes_its_way_over_http(desk: Desk) -> None:
    """Every step answers with the job as it is now."""
    for status in ON_THE_ROAD:
        answer = desk.report(status)
        assert (answer.status_code, answer.json()["status"]) == (200, status.value)
    assert answer.json()["version"] == 8


def test_a_wrong_state_answers_409_with_the_allowed_steps(desk: Desk) -> None:
    """So that the client knows what to do next."""
    answer = desk.report("on_scene")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["current"] == "committed"
    assert answer.json()["allowed"] == ["aborted", "acknowledged", "cancelled"]


def test_a_late_report_answers_200_and_is_flagged(desk: Desk) -> None:
    """The job stays as it is."""
    desk.room.report(desk.job, JobStatus.ACKNOWLEDGED, JobStatus.MOBILISING)
    happened_at = (START - timedelta(minutes=10)).isoformat()
    answer = desk.report("acknowledged", occurred_at=happened_at)
    assert (answer.status_code, answer.json()["status"]) == (200, "mobilising")
    first = desk.ask("GET", desk.of_job("/timeline")).json()["items"][0]
    assert (first["out_of_order"], first["late"]) == (True, True)
    assert first["actor"] == f"provider:cli_{GUARD_FIRM}"


def test_a_report_from_the_future_answers_422(desk: Desk) -> None:
    """It says what to check."""
    ahead = (START + timedelta(minutes=6)).isoformat()
    answer = desk.report("acknowledged", occurred_at=ahead)
    assert answer.status_code == 422
    assert "clock" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("part", "body", "field"),
    [
        ("/status", {"status": "acknowledged", "mood": "good"}, "mood"),
        ("/status", {"status": "asleep"}, "status"),
        (
            "/status",
            {"status": "acknowledged", "occurred_at": "2026-03-02T08:00:00"},
            "occurred_at",
        ),
        ("/delay", {"delayed": True}, "reason"),
        ("/positions", {"position": {"latitude": 91, "longitude": 0}}, "position.latitude"),
        ("/check-ins", {"position": {**HERE, "altitude": 9}}, "position.altitude"),
        ("/incidents", {"severity": "minor"}, "summary"),
        ("/incidents", {"severity": "awkward", "summary": "noise"}, "severity"),
    ],
)
def test_a_wrong_body_answers_422_and_names_the_field(
    desk: Desk, part: str, body: dict[str, Any], field: str
) -> None:
    """Unknown fields are refused like wrong ones."""
    answer = desk.ask("POST", desk.of_job(part), body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("part", "body", "missing"),
    [
        ("/status", {"status": "aborted"}, "reason"),
        ("/incidents", {"summary": "noise"}, "severity"),
    ],
)
def test_a_body_that_says_too_little_is_told_what_is_missing(
    desk: Desk, part: str, body: dict[str, Any], missing: str
) -> None:
    """An abort needs its reason, an incident its severity."""
    answer = desk.ask("POST", desk.of_job(part), body)
    assert answer.status_code == 422
    assert missing in answer.text


def test_a_call_for_help_needs_no_severity(desk: Desk) -> None:
    """Whoever is in danger types as little as possible."""
    answer = desk.ask(
        "POST", desk.of_job("/incidents"), {"sos": True, "summary": "help", "position": HERE}
    )
    assert (answer.status_code, answer.json()["severity"]) == (201, "extreme")


def test_an_incident_is_listed_and_steered(desk: Desk) -> None:
    """By the enterprise, not by the provider."""
    body = {"severity": "minor", "summary": "noise"}
    incident = desk.ask("POST", desk.of_job("/incidents"), body).json()
    for path in ("/v1/incidents", desk.of_job("/incidents")):
        assert desk.ask("GET", path, caller=enterprise()).json()["items"] == [incident]
    path = f"/v1/incidents/{incident['incident_id']}/status"
    step = {"status": "triaged", "reason": "called back"}
    assert desk.ask("POST", path, step).status_code == 403
    assert desk.ask("POST", path, step, enterprise(STRANGER)).status_code == 404
    assert desk.ask("POST", path, step, enterprise()).json()["status"] == "triaged"
    again = desk.ask("POST", path, step, enterprise())
    assert again.json()["allowed"] == ["active", "duplicate", "resolved", "unfounded"]


def test_positions_and_check_ins_are_taken(desk: Desk) -> None:
    """Each answers 201."""
    desk.room.report(desk.job, JobStatus.ACKNOWLEDGED, JobStatus.MOBILISING)
    position = desk.ask("POST", desk.of_job("/positions"), {"position": HERE})
    assert (position.status_code, position.json()["position"]) == (201, HERE)
    assert desk.ask("GET", desk.of_job("/positions")).json()["items"] == [position.json()]
    check_in = desk.ask("POST", desk.of_job("/check-ins"), {"note": "fine", "position": HERE})
    assert (check_in.status_code, check_in.json()["missed_check_ins"]) == (201, 0)
    due_at = desk.ask("GET", desk.of_job()).json()["next_check_in_due_at"]
    assert due_at == check_in.json()["next_check_in_due_at"]


def test_a_delay_is_shown_on_the_job(desk: Desk) -> None:
    """Until it is taken back."""
    body = {"delayed": True, "reason": "flooded road"}
    assert desk.ask("POST", desk.of_job("/delay"), body).json()["delayed"] is True


def test_the_timeline_comes_in_pages(desk: Desk) -> None:
    """The cursor leads from one to the next."""
    desk.room.report(desk.job, *ON_THE_ROAD[:4])
    statuses, path = [], desk.of_job("/timeline?limit=2")
    while path:
        page = desk.ask("GET", path).json()
        statuses += [entry["detail"]["status"] for entry in page["items"]]
        cursor = page["next_cursor"]
        path = desk.of_job(f"/timeline?limit=2&cursor={cursor}") if cursor else ""
    assert statuses == ["committed", *ON_THE_ROAD[:4]]


def test_jobs_are_listed_by_status_and_request(desk: Desk) -> None:
    """Filters narrow what the caller may see."""
    desk.room.report(desk.job, JobStatus.ACKNOWLEDGED)
    both = desk.ask("GET", "/v1/jobs?request_id=req_1", caller=enterprise(ENTERPRISE)).json()
    one = desk.ask("GET", "/v1/jobs?status=acknowledged", caller=OPERATOR).json()
    assert len(both["items"]) == 2
    assert [item["job_id"] for item in one["items"]] == [desk.job.job_id]
    assert desk.ask("GET", "/v1/jobs?status=asleep").status_code == 422


def test_a_report_sent_twice_with_one_key_happens_once(desk: Desk) -> None:
    """The second answer is the first, and says so."""
    body = {"status": "acknowledged"}
    path, key = desk.of_job("/status"), {"Idempotency-Key": "report-1"}
    first, second = (desk.ask("POST", path, body, headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(desk.room.said_of(JobStatusChanged)) == 1
