"""Who calls, and whether they may."""

from datetime import timedelta

import httpx
import pytest

from muster.contracts.vocabulary.kinds import Role
from tests.unit.web.answers import CLOSE, PARCEL, PARCELS, problem
from tests.unit.web.sample import STRANGER, Sample


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "nonsense"])
def test_a_request_without_a_token_is_told_where_to_get_one(
    client: httpx.Client, header: str | None
) -> None:
    """401, with the challenge RFC 6750 wants."""
    headers = {} if header is None else {"Authorization": header}
    answer = client.get(PARCELS, headers=headers)
    assert "/oauth/token" in problem(answer, 401, "token-missing")["detail"]
    assert answer.headers["www-authenticate"] == 'Bearer realm="muster"'


def test_an_expired_token_is_told_apart_from_a_bad_one(
    client: httpx.Client, sample: Sample
) -> None:
    """401, and that a new one is needed."""
    headers = sample.token()
    assert client.get(PARCELS, headers=headers).status_code == 200
    sample.clock.advance(timedelta(seconds=900))
    answer = client.get(PARCELS, headers=headers)
    assert "expired" in problem(answer, 401, "token-expired")["detail"]
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_tampered_token_is_refused(client: httpx.Client, sample: Sample) -> None:
    """401."""
    headers = {"Authorization": sample.token()["Authorization"][:-4] + "AAAA"}
    problem(client.get(PARCELS, headers=headers), 401, "token-invalid")


def test_a_role_without_the_permission_is_refused(client: httpx.Client, sample: Sample) -> None:
    """403, and nothing was done."""
    answer = client.post(PARCELS, json=PARCEL, headers=sample.token(Role.OPERATOR, None))
    assert "requests:submit" in problem(answer, 403, "forbidden")["detail"]
    assert sample.count() == 0


def test_who_may_call_is_decided_before_what_they_sent(
    client: httpx.Client, sample: Sample
) -> None:
    """A caller without the permission learns nothing about the body."""
    answer = client.post(PARCELS, json={"wrong": 1}, headers=sample.token(Role.PROVIDER))
    problem(answer, 403, "forbidden")


def test_a_strangers_thing_does_not_exist(client: httpx.Client, sample: Sample) -> None:
    """404, word for word as for an id that was never given out."""
    made = client.post(PARCELS, json=PARCEL, headers=sample.token()).json()["parcel_id"]
    stranger = sample.token(organisation=STRANGER)
    hidden = problem(client.get(f"{PARCELS}/{made}", headers=stranger), 404, "not-found")
    absent = problem(client.get(f"{PARCELS}/req_none", headers=stranger), 404, "not-found")
    assert hidden["detail"].replace(made, "req_none") == absent["detail"]
    assert client.get(f"{PARCELS}/{made}", headers=sample.token()).status_code == 200


def test_an_operator_sees_everybodys_things(client: httpx.Client, sample: Sample) -> None:
    """That is what operators are for."""
    made = client.post(PARCELS, json=PARCEL, headers=sample.token()).json()["parcel_id"]
    operator = sample.token(Role.OPERATOR, None)
    assert client.get(f"{PARCELS}/{made}", headers=operator).status_code == 200


def test_a_public_route_needs_no_token(client: httpx.Client) -> None:
    """And acts for nobody in particular."""
    answer = client.post("/v1/organisations", json={"text": "let me in"})
    assert answer.json() == {"text": "anonymous: let me in"}


def test_a_wrong_state_answers_with_the_allowed_steps(client: httpx.Client, sample: Sample) -> None:
    """409, for a program to read and for a person."""
    answer = client.post(CLOSE, headers=sample.token())
    document = problem(answer, 409, "illegal-transition")
    assert document["current"] == "closed"
    assert document["allowed"] == ["burnt", "reopened"]


def test_a_broken_rule_is_told_in_its_own_words(client: httpx.Client, sample: Sample) -> None:
    """422."""
    body = {"label": "forbidden label"}
    answer = client.post(PARCELS, json=body, headers=sample.token())
    assert "Choose another" in problem(answer, 422, "rule-violated")["detail"]
