"""What the tests expect of answers that refuse."""

from typing import Any

import httpx

CLOSE = "/v1/parcels/req_1/close"
PARCELS = "/v1/parcels"
PARCEL = {"label": "a gift"}


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Return the problem document, having checked that it is one of this kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"urn:muster:problem:{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"].endswith(".")
    assert document["correlation_id"] == answer.headers["x-correlation-id"]
    return document


def violation(answer: httpx.Response) -> dict[str, Any]:
    """Return the only mistake a 422 answer names."""
    document = problem(answer, 422, "invalid-input")
    (only,) = document["errors"]
    assert only["field"] in document["detail"] or len(document["errors"]) > 1
    return dict(only)
