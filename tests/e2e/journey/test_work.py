"""From a request to the end of its jobs, or of itself."""

import pytest

from tests.e2e.actors import NEEDS, a_request
from tests.e2e.journey.cast import (
    TRAVELLING,
    Cast,
    accept_until,
    confirm,
    finish,
    jobs,
    offers,
    status,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]


def test_from_a_capability_to_a_finished_job(cast: Cast) -> None:
    """Submit, offer, accept, propose, approve, confirm, work, complete, close; people are told."""
    request = cast.enterprise.post("/v1/requests", a_request(starts_in_hours=3))
    accept_until(cast, request, "proposed")
    assert offers(cast.provider, request)[0]["principal"] is None

    approved = cast.enterprise.post(f"/v1/requests/{request['request_id']}/approve", {})
    assert approved["status"] == "confirmed"
    assert sum(a["quantity"] for a in approved["assignments"]) == 8
    eventually(lambda: jobs(cast.operator, request), within_s=30)
    worker = next(c for c in (cast.provider, cast.rival) if jobs(c, request))
    job = jobs(worker, request)[0]
    assert job["principal"]["name"] == "Visiting engineer"

    path = f"/v1/jobs/{job['job_id']}"
    worker.post(f"{path}/positions", {"position": {"latitude": 11.6, "longitude": 104.9}})
    worker.post(f"{path}/incidents", {"severity": "moderate", "summary": "road blocked"})
    finish(cast, request)

    eventually(lambda: status(cast.enterprise, request) == "closed", within_s=30)
    kinds = {entry["kind"] for entry in cast.enterprise.items(f"{path}/timeline?limit=100")}
    assert {"status", "position", "incident"} <= kinds
    mailbox = cast.mailbox_of.mailbox
    eventually(lambda: len(mailbox.to("ops@mill.example")) >= 3, within_s=30)
    eventually(lambda: mailbox.to("ops@shield.example") + mailbox.to("ops@aegis.example"))


@pytest.mark.parametrize("stage", ["sourcing", "proposed", "confirmed", "in_service"])
def test_cancelling_at_any_step_gives_everything_back(cast: Cast, stage: str) -> None:
    """All there is can be had again by the next request for the same time."""
    hours = {"sourcing": 100, "proposed": 120, "confirmed": 140, "in_service": 160}[stage]
    everything = [{**NEEDS[1], "quantity": 4}]
    request = cast.enterprise.post("/v1/requests", a_request(hours, needs=everything))
    eventually(lambda: offers(cast.operator, request, "sent"), within_s=30)
    if stage != "sourcing":
        accept_until(cast, request, "proposed")
    if stage in ("confirmed", "in_service"):
        cast.enterprise.post(f"/v1/requests/{request['request_id']}/approve", {})
    if stage == "in_service":
        eventually(lambda: len(jobs(cast.operator, request)) == 2, within_s=30)
        for client in (cast.provider, cast.rival):
            job = jobs(client, request)[0]
            for step in TRAVELLING[:-1]:
                client.post(f"/v1/jobs/{job['job_id']}/status", {"status": step})
        eventually(lambda: status(cast.enterprise, request) == "in_service", within_s=30)

    cast.enterprise.post(f"/v1/requests/{request['request_id']}/cancel", {"reason": "called off"})

    again = cast.enterprise.post("/v1/requests", a_request(hours, needs=everything))
    accept_until(cast, again, "proposed")
    if stage in ("confirmed", "in_service"):
        eventually(
            lambda: {job["status"] for job in jobs(cast.operator, request)} == {"cancelled"},
            within_s=30,
        )


def test_a_missed_check_in_is_noticed_and_told(cast: Cast) -> None:
    """Nobody checks in for ten seconds and a bit."""
    request = cast.enterprise.post(
        "/v1/requests",
        a_request(
            200,
            needs=[NEEDS[0]],
            terms={"auto_approve": True, "check_in_interval_seconds": 10},
        ),
    )
    accept_until(cast, request, "confirmed")
    job = eventually(lambda: jobs(cast.operator, request), within_s=30)[0]
    worker = next(c for c in (cast.provider, cast.rival) if jobs(c, request))
    for step in ("acknowledged", "mobilising"):
        worker.post(f"/v1/jobs/{job['job_id']}/status", {"status": step})

    eventually(
        lambda: cast.operator.get(f"/v1/jobs/{job['job_id']}")["missed_check_ins"] >= 1,
        within_s=40,
    )

    worker.post(f"/v1/jobs/{job['job_id']}/check-ins", {})
    assert cast.operator.get(f"/v1/jobs/{job['job_id']}")["missed_check_ins"] == 0


def test_a_closed_request_frees_its_capacity_for_the_same_time(cast: Cast) -> None:
    """What came back early can be booked again."""
    request = confirm(cast, 300)
    finish(cast, request)
    eventually(lambda: status(cast.enterprise, request) == "closed", within_s=30)

    again = cast.enterprise.post("/v1/requests", a_request(300))

    accept_until(cast, again, "proposed")


def test_a_suspension_after_confirmation_flags_the_job(cast: Cast) -> None:
    """The job goes on: a person decides. When the member is active again, the flag goes."""
    request = confirm(cast, 700)
    job = jobs(cast.operator, request)[0]
    path = f"/v1/jobs/{job['job_id']}"
    standing = f"/v1/organisations/{job['provider_id']}/status"
    assert job["flags"] == []

    cast.operator.post(standing, {"status": "suspended", "reason": "a complaint"})
    (flag,) = eventually(lambda: cast.operator.get(path)["flags"], within_s=30)
    assert flag["rule"] == "provider_active"
    assert cast.enterprise.get(path)["flags"] == [{**flag, "fact": None}]
    assert cast.operator.get(path)["status"] == "committed"
    assert status(cast.enterprise, request) == "confirmed"

    cast.operator.post(standing, {"status": "active", "reason": "unfounded"})
    eventually(lambda: cast.operator.get(path)["flags"] == [], within_s=30)
    finish(cast, request)
    eventually(lambda: status(cast.enterprise, request) == "closed", within_s=30)
