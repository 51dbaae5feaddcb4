"""Correlation, metrics, log lines, and what a failure shows."""

import logging

import httpx
import pytest
from prometheus_client import REGISTRY

from tests.unit.web.answers import PARCEL, PARCELS, problem
from tests.unit.web.sample import Sample

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def requests_counted(method: str, route: str, status: str) -> float:
    """Return how many requests the metric has counted."""
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("muster_http_requests_total", labels) or 0.0


def test_a_sane_correlation_id_is_kept_and_handed_on(client: httpx.Client, sample: Sample) -> None:
    """From the header to the answer and to whatever the command records."""
    headers = sample.token() | {"X-Correlation-ID": "my-trip_7", "traceparent": TRACE}
    answer = client.post("/v1/contexts", headers=headers)
    assert answer.headers["x-correlation-id"] == "my-trip_7"
    assert answer.json()["text"] == (f"enterprise:cli_enterprise_org_own org_own my-trip_7 {TRACE}")


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a;b", "<script>"])
def test_any_other_correlation_id_is_replaced(
    client: httpx.Client, sample: Sample, given: str
) -> None:
    """Nothing a caller sends gets into logs and events unchecked."""
    headers = sample.token() | {"X-Correlation-ID": given, "traceparent": "nonsense"}
    answer = client.post("/v1/contexts", headers=headers)
    assert answer.headers["x-correlation-id"].startswith("cor_")
    assert answer.json()["text"].endswith(f"{answer.headers['x-correlation-id']} None")


def test_requests_are_counted_by_route_and_not_by_path(
    client: httpx.Client, sample: Sample
) -> None:
    """Ids never become labels."""
    route = "/v1/parcels/{parcel_id}"
    before = requests_counted("GET", route, "404")
    for number in range(3):
        client.get(f"{PARCELS}/req_{number}", headers=sample.token())
    assert requests_counted("GET", route, "404") == before + 3


def test_addresses_nobody_serves_are_counted_together(client: httpx.Client) -> None:
    """Also for methods nobody has heard of."""
    before = requests_counted("OTHER", "unmatched", "404")
    client.request("BREW", "/coffee/1")
    client.request("STIR", "/coffee/2")
    assert requests_counted("OTHER", "unmatched", "404") == before + 2


def test_every_request_leaves_one_log_line(
    client: httpx.Client, sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    """Who, what, how long, with which answer; no body, no token."""
    with caplog.at_level(logging.INFO, "muster.http"):
        client.post(PARCELS, json=PARCEL, headers=sample.token())
    (record,) = [r for r in caplog.records if r.name == "muster.http"]
    line = record.__dict__
    assert (line["method"], line["route"], line["status"]) == ("POST", PARCELS, 201)
    assert line["client_id"] == "cli_enterprise_org_own"
    assert line["seconds"] >= 0


def test_a_bug_is_answered_without_its_inside(
    client: httpx.Client, sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    """500 with an id to ask about; the traceback goes to the log."""
    answer = client.get("/v1/breakages/bug", headers=sample.token())
    document = problem(answer, 500, "internal")
    assert document["correlation_id"] in document["detail"] or "correlation_id" in answer.text
    assert "secret" not in answer.text
    assert "secret inside" in caplog.text


def test_a_failing_store_asks_to_try_again(client: httpx.Client, sample: Sample) -> None:
    """503 with Retry-After, and no word about the inside."""
    answer = client.get("/v1/breakages/store", headers=sample.token())
    problem(answer, 503, "try-again")
    assert answer.headers["retry-after"] == "1"
    assert "secret" not in answer.text


def test_an_endpoint_gets_its_settings_and_the_public_keys(
    client: httpx.Client, sample: Sample
) -> None:
    """What the application was given when it was made."""
    answer = client.get("/v1/circumstances", headers=sample.token())
    assert answer.json() == {"text": "hello 1"}


def test_a_token_from_the_token_endpoint_opens_the_door(client: httpx.Client) -> None:
    """The signer and the verifier of one application fit together."""
    token = client.post("/oauth/token", data={"client_id": "cli_9"}).json()["text"]
    answer = client.get(PARCELS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
