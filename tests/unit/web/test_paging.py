"""Lists in pages."""

import httpx
import pytest

from muster.web.paging import decode_cursor, encode_cursor
from tests.unit.web.answers import PARCEL, PARCELS, problem, violation
from tests.unit.web.sample import Sample


def test_following_the_cursor_shows_everything_once(client: httpx.Client, sample: Sample) -> None:
    """In order, and the last page has no cursor."""
    headers = sample.token()
    made = [client.post(PARCELS, json=PARCEL, headers=headers).json() for _ in range(7)]
    seen: list[object] = []
    parameters: dict[str, str | int] = {"limit": 3}
    while True:
        page = client.get(PARCELS, params=parameters, headers=headers).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
    assert seen == sorted(made, key=lambda parcel: parcel["parcel_id"])


def test_an_empty_list_is_a_page(client: httpx.Client, sample: Sample) -> None:
    """With no items and no cursor."""
    answer = client.get(PARCELS, headers=sample.token())
    assert answer.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["", "!!!", "abc", "AAAA", "é", "cmVxXzE=", "_-_-_"])
def test_a_tampered_cursor_is_refused_by_name(
    client: httpx.Client, sample: Sample, cursor: str
) -> None:
    """422 that names the cursor and where to get a good one."""
    answer = client.get(PARCELS, params={"cursor": cursor}, headers=sample.token())
    found = violation(answer)
    assert found["field"] == "cursor"
    assert "next_cursor" in found["allowed"]


@pytest.mark.parametrize(
    ("limit", "allowed"), [("0", "at least 1"), ("501", "at most 500"), ("many", None)]
)
def test_a_limit_out_of_bounds_is_refused(
    client: httpx.Client, sample: Sample, limit: str, allowed: str | None
) -> None:
    """422 with the bounds."""
    found = violation(client.get(PARCELS, params={"limit": limit}, headers=sample.token()))
    assert (found["field"], found.get("allowed")) == ("limit", allowed)


def test_an_unknown_address_is_a_problem_too(client: httpx.Client) -> None:
    """404 and 405 come in the same form as everything else."""
    assert "/openapi.json" in problem(client.get("/v1/nothing"), 404, "no-such-route")["detail"]
    answer = client.delete(PARCELS)
    assert "GET" in problem(answer, 405, "method-not-allowed")["detail"]


def test_a_cursor_comes_back_as_what_it_was_made_from() -> None:
    """Whatever the id looks like."""
    assert decode_cursor(encode_cursor("req_0192f0c1")) == "req_0192f0c1"
