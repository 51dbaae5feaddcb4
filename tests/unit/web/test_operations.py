"""Alive, ready, measured."""

import httpx

from tests.unit.web.answers import problem
from tests.unit.web.sample import Sample


def test_a_living_process_says_so(client: httpx.Client, sample: Sample) -> None:
    """Even if it is not ready."""
    sample.reasons.append("the store is away")
    assert client.get("/healthz").status_code == 200


def test_a_process_is_ready_or_says_why_not(client: httpx.Client, sample: Sample) -> None:
    """All reasons at once."""
    assert client.get("/readyz").status_code == 200
    sample.reasons.extend(["the store is away", "no keys"])
    document = problem(client.get("/readyz"), 503, "not-ready")
    assert document["reasons"] == ["the store is away", "no keys"]


def test_the_metrics_are_there_for_prometheus(client: httpx.Client) -> None:
    """In its text format, with our names."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "muster_http_request_duration_seconds_bucket" in answer.text
