"""API clients and their tokens, as a client of the API meets them."""

from typing import Any

import pytest

from muster.access import POLICY
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.statuses import MemberStatus
from tests.unit.registry.http import Answer, Edge


def token_request(edge: Edge, **changes: Any) -> Answer:
    """Ask for a token with these fields of the form."""
    form = {"grant_type": "client_credentials", **changes}
    return edge.call("POST", "/oauth/token", data=form)


def test_an_issued_client_gets_a_token_that_opens_what_its_role_may() -> None:
    """From the operator's answer to the client's first call."""
    edge = Edge()
    member = edge.registry.member()
    body = {"organisation_id": member.organisation_id, "role": "provider", "name": "desk"}
    issued = edge.operator("POST", "/v1/api-clients", json=body)
    assert issued.status == 201
    answer = token_request(
        edge,
        client_id=issued.body["client_id"],
        client_secret=issued.body["client_secret"],
    )
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 900)
    assert answer.body["scope"].split() == sorted(POLICY[Role.PROVIDER])
    bearer = {"Authorization": f"Bearer {answer.body['access_token']}"}
    own = edge.call("GET", "/v1/organisations", headers=bearer)
    assert [each["organisation_id"] for each in own.body["items"]] == [member.organisation_id]


def test_a_client_may_authenticate_by_http_basic() -> None:
    """The other way RFC 6749 asks for."""
    edge = Edge()
    issued = edge.registry.client()
    answer = edge.call(
        "POST",
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(issued.client.client_id, issued.secret),
    )
    assert answer.status == 200
    assert edge.verifier.verify(answer.body["access_token"]).is_operator


def test_a_wrong_secret_answers_as_the_standard_says() -> None:
    """401 invalid_client with a challenge, and not a word on what was wrong."""
    edge = Edge()
    issued = edge.registry.client()
    wrong = token_request(edge, client_id=issued.client.client_id, client_secret="guess")
    unknown = token_request(edge, client_id="cli_0", client_secret="guess")
    assert wrong.status == 401
    assert wrong.body["error"] == "invalid_client"
    assert wrong.headers["www-authenticate"].startswith("Basic")
    assert wrong.headers["cache-control"] == "no-store"
    assert wrong.body == unknown.body


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
def test_other_token_requests_answer_400_with_the_code_of_the_standard(
    form: dict[str, str], error: str
) -> None:
    """One grant, with both parts of the credentials."""
    answer = token_request(Edge(), **form)
    assert (answer.status, answer.body["error"]) == (400, error)


def test_a_token_request_in_json_is_the_wrong_content_type() -> None:
    """RFC 6749 asks for a form."""
    answer = Edge().call("POST", "/oauth/token", json={"grant_type": "client_credentials"})
    assert answer.status == 415


def test_a_revoked_client_gets_no_more_tokens() -> None:
    """And revoking it again answers 409."""
    edge = Edge()
    issued = edge.registry.client()
    address = f"/v1/api-clients/{issued.client.client_id}/revocation"
    revoked = edge.operator("POST", address, json={"reason": "laptop stolen"})
    assert (revoked.status, revoked.body["status"]) == (200, "revoked")
    answer = token_request(edge, client_id=issued.client.client_id, client_secret=issued.secret)
    assert answer.status == 401
    assert edge.operator("POST", address, json={"reason": "again"}).status == 409


@pytest.mark.parametrize(
    ("standing", "status"),
    [
        (MemberStatus.SUSPENDED, 200),
        (MemberStatus.WITHDRAWN, 401),
        (MemberStatus.EXPELLED, 401),
    ],
)
def test_a_former_member_gets_no_tokens(standing: MemberStatus, status: int) -> None:
    """A suspended one does, because it must finish its jobs."""
    edge = Edge()
    member = edge.registry.member()
    issued = edge.registry.client(Role.PROVIDER, member)
    edge.registry.move(member, standing)
    answer = token_request(edge, client_id=issued.client.client_id, client_secret=issued.secret)
    assert answer.status == status


def test_the_secret_is_shown_once_and_never_again() -> None:
    """Not in lists, and not when the request is repeated under its key."""
    edge = Edge()
    body = {"organisation_id": None, "role": "operator", "name": "night shift"}
    key = {"Idempotency-Key": "f0b1"}
    issued = edge.operator("POST", "/v1/api-clients", json=body, headers=key)
    again = edge.operator("POST", "/v1/api-clients", json=body, headers=key)
    assert again.status == 409
    listed = edge.operator("GET", "/v1/api-clients")
    assert [each["client_id"] for each in listed.body["items"]] == [issued.body["client_id"]]
    assert issued.body["client_secret"] not in str(listed.body)


def test_a_client_that_does_not_fit_is_refused_by_field() -> None:
    """A provider's member has no enterprise client; an unknown one has none at all."""
    edge = Edge()
    member = edge.registry.member()
    body = {"organisation_id": member.organisation_id, "role": "enterprise", "name": "desk"}
    refused = edge.operator("POST", "/v1/api-clients", json=body)
    assert (refused.status, list(refused.fields)) == (422, ["role"])
    body["organisation_id"] = "org_0"
    assert edge.operator("POST", "/v1/api-clients", json=body).status == 404


def test_only_operators_govern_clients() -> None:
    """A member asks an operator."""
    edge = Edge()
    member = edge.registry.member()
    body = {"organisation_id": member.organisation_id, "role": "provider", "name": "desk"}
    assert edge.provider(member, "POST", "/v1/api-clients", json=body).status == 403
    assert edge.provider(member, "GET", "/v1/api-clients").status == 403
    assert edge.call("GET", "/v1/api-clients").status == 401


def test_anybody_may_see_the_keys_that_verify_tokens() -> None:
    """Public keys only."""
    answer = Edge().call("GET", "/.well-known/jwks.json")
    assert answer.status == 200
    (key,) = answer.body["keys"]
    assert key["kty"] == "OKP"
    assert "d" not in key
