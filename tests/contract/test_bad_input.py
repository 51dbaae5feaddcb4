"""Bad input to the real application: the answer names the field, what was wrong, what is allowed.

Each line of the issue's list has a test here. Variations are tested where they belong: bodies that
are slow or chunked in ``tests/unit/web/test_bodies.py``, tokens that were tampered with in
``tests/unit/web/test_authentication.py``, the strangers of every route in
``test_authorisation.py``.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.contract.application import MAX_BODY_BYTES, Application, Json, application
from tests.contract.snapshots import Snapshot
from tests.contract.world import (
    OPERATOR,
    PLACE,
    PRICE,
    WINDOW,
    World,
    capability,
    found,
    licence,
    membership,
    org,
    protection,
)

BACKWARDS: Json = {"starts_at": WINDOW["ends_at"], "ends_at": WINDOW["starts_at"]}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Application, World, Snapshot]]:
    """One world for all tests."""
    with application() as opened:
        world = found(opened)
        snapshot = Snapshot(opened.stores)
        yield opened, world, snapshot
        snapshot.close()


@pytest.fixture
def muster(made: tuple[Application, World, Snapshot]) -> Application:
    """The application, in the state it was in before the last test."""
    opened, _, snapshot = made
    snapshot.restore()
    return opened


@pytest.fixture
def world(made: tuple[Application, World, Snapshot]) -> World:
    """Who is there, and the ids of what is there."""
    return made[1]


def problem(answer: httpx.Response, status: int, kind: str) -> Json:
    """Return the problem document, which has to say all that a problem says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: Json = answer.json()
    assert document["type"] == f"urn:muster:problem:{kind}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["correlation_id"] == answer.headers["x-correlation-id"]
    return document


def violation(answer: httpx.Response) -> Json:
    """Return what is wrong with the one field that is."""
    (found,) = problem(answer, 422, "invalid-input")["errors"]
    assert isinstance(found, dict)
    return found


def with_need(**changes: object) -> Json:
    """Return a request whose one need has some fields replaced."""
    return protection(needs=[{"quantity": 1, "required": {"kind": "guards"}, **changes}])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/requests", protection(window=BACKWARDS), "window"),
        ("/v1/capabilities", capability(available=[WINDOW, BACKWARDS]), "available.1"),
        ("/v1/capabilities", capability(blackouts=[BACKWARDS]), "blackouts.0"),
        ("/v1/organisations/{organisation_id}/authorisations", licence(valid=BACKWARDS), "valid"),
    ],
)
def test_a_window_or_licence_that_ends_before_it_begins(
    muster: Application, world: World, path: str, body: Json, field: str
) -> None:
    """Both instants are named, so that the one that is wrong is found at once."""
    caller = world.enterprise if path == "/v1/requests" else world.provider
    wrong = violation(muster.ask(caller, "POST", path.format_map(world.ids), body))
    assert wrong["field"] == field
    assert "ends_at (2026-03-03T08:00:00+00:00) must be later than starts_at" in wrong["problem"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/organisations", membership(home_country="XX"), "home_country"),
        ("/v1/organisations", membership(home_country="kh"), "home_country"),
        ("/v1/requests", protection(place={**PLACE, "country": "UK"}), "place.country"),
        ("/v1/capabilities", capability(base={**PLACE, "country": "KHM"}), "base.country"),
        (
            "/v1/capabilities",
            capability(coverage={"countries": ["KH", "ZZ"]}),
            "coverage.countries.1",
        ),
        (
            "/v1/organisations/{organisation_id}/authorisations",
            licence(jurisdiction="ZZ"),
            "jurisdiction",
        ),
    ],
)
def test_an_unknown_country(
    muster: Application, world: World, path: str, body: Json, field: str
) -> None:
    """Told how countries are written."""
    caller = world.enterprise if path == "/v1/requests" else world.provider
    wrong = violation(muster.ask(caller, "POST", path.format_map(world.ids), body))
    assert wrong["field"] == field
    assert "is not a country code of ISO 3166-1 alpha-2" in wrong["problem"]
    assert "two capital letters, such as KH" in wrong["problem"]


def test_a_capacity_of_zero(muster: Application, world: World) -> None:
    """Neither offered nor asked for."""
    offered = muster.ask(world.provider, "POST", "/v1/capabilities", capability(capacity=0))
    assert violation(offered)["field"] == "capacity"
    assert violation(offered)["allowed"] == "at least 1"
    asked = muster.ask(world.enterprise, "POST", "/v1/requests", with_need(quantity=0))
    assert (violation(asked)["field"], violation(asked)["allowed"]) == (
        "needs.0.quantity",
        "at least 1",
    )


def test_a_licence_that_is_over(muster: Application, world: World) -> None:
    """Told to record the paper that replaced it."""
    over = licence(valid={"starts_at": "2024-01-01T00:00:00Z", "ends_at": "2025-01-01T00:00:00Z"})
    path = f"/v1/organisations/{org(world.provider)}/authorisations"
    wrong = violation(muster.ask(world.provider, "POST", path, over))
    assert wrong["field"] == "valid.ends_at"
    assert "has run out" in wrong["problem"]
    assert wrong["allowed"].startswith("a time after 2026-03-02T08:00:00")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2026-03-03T08:00:00", "no offset"),
        ("tomorrow", "valid datetime"),
        (1_772_500_000, "as text with offset"),
        ("1772500000", "as text with offset"),
        ("0001-01-01T00:00:00+14:00", "before 2200"),
        ("9999-12-31T23:59:59-14:00", "before 2200"),
        (None, "valid datetime"),
    ],
)
def test_a_time_that_is_none(muster: Application, world: World, value: object, says: str) -> None:
    """Told how times are written. One at the end of the calendar has no place in UTC."""
    window = {"starts_at": value, "ends_at": "2026-03-03T20:00:00Z"}
    answer = muster.ask(world.enterprise, "POST", "/v1/requests", protection(window=window))
    wrong = violation(answer)
    assert wrong["field"] == "window.starts_at"
    assert says in wrong["problem"]
    assert "2026-03-03T08:00:00+07:00" in str(wrong) or "2199" in str(wrong)


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (protection(place={**PLACE, "name": "x\r\nWhat to do: nothing"}), "place.name", "one line"),
        (protection(reference="a\nb"), "reference", "one line"),
        (
            with_need(required={"kind": "guards", "languages": ["en", "km-\n\n"]}),
            "needs.0.required.languages.1",
            "BCP 47",
        ),
        (
            with_need(required={"kind": "guards", "languages": ["english"]}),
            "needs.0.required.languages.0",
            "BCP 47",
        ),
    ],
)
def test_text_that_would_break_a_line(
    muster: Application, world: World, body: Json, field: str, says: str
) -> None:
    """What is put into other people's e-mails is one line of text."""
    wrong = violation(muster.ask(world.enterprise, "POST", "/v1/requests", body))
    assert wrong["field"] == field
    assert says in wrong["problem"]


@pytest.mark.parametrize(
    ("others", "field", "says"),
    [
        (["org_0"], "organisation_ids", "names no organisation by org_0"),
        (["nul\x00"], "organisation_ids.0", "U+0000"),
        (["x" * 65], "organisation_ids.0", "64"),
        ("org_0", "organisation_ids", ""),
    ],
)
def test_a_conflict_of_interest_with_nobody(
    muster: Application, world: World, others: object, field: str, says: str
) -> None:
    """A misspelt id would protect nobody, so it is not taken."""
    path = f"/v1/organisations/{org(world.provider)}/conflicts"
    body = {"organisation_ids": others, "reason": "common owner"}
    wrong = violation(muster.ask(world.provider, "PUT", path, body))
    assert wrong["field"] == field
    assert says in str(wrong)


def test_a_report_from_the_future(muster: Application, world: World) -> None:
    """Told what time it is, and to check the clock."""
    path = f"/v1/jobs/{world.ids['job_id']}/check-ins"
    body = {"occurred_at": "2026-03-02T09:00:00Z"}
    wrong = violation(muster.ask(world.provider, "POST", path, body))
    assert wrong["field"] == "occurred_at"
    assert "check your clock" in wrong["problem"]
    assert "2026-03-02T08:00:00" in wrong["allowed"]


def test_a_body_of_ten_megabytes(muster: Application, world: World) -> None:
    """413 with the limit."""
    headers = muster.token(world.enterprise) | JSON
    body = b'{"reference": "' + b"x" * 10_000_000 + b'"}'
    answer = muster.client.post("/v1/requests", content=body, headers=headers)
    assert str(MAX_BODY_BYTES) in problem(answer, 413, "body-too-large")["detail"]


@pytest.mark.parametrize(
    "body", [b'{"needs": [', b"needs=guards", b"{'a': 1}", b"\xff\xfe{}", b"}"]
)
def test_malformed_json(muster: Application, world: World, body: bytes) -> None:
    """400, and where it broke if that can be said."""
    headers = muster.token(world.enterprise) | JSON
    answer = muster.client.post("/v1/requests", content=body, headers=headers)
    assert "JSON" in problem(answer, 400, "malformed-body")["detail"]


@pytest.mark.parametrize("given", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_wrong_content_type(muster: Application, world: World, given: str) -> None:
    """415, and the one that is right."""
    headers = muster.token(world.enterprise) | {"Content-Type": given}
    answer = muster.client.post("/v1/requests", content=b"{}", headers=headers)
    detail = problem(answer, 415, "unsupported-media-type")["detail"]
    assert "Send the body as application/json" in detail


def test_an_expired_token(muster: Application, world: World) -> None:
    """401, since when, and where to get another."""
    long_ago = muster.clock.now() - timedelta(hours=1)
    token = muster.signer.sign(world.enterprise, now=long_ago, token_id="tok_0")
    headers = {"Authorization": f"Bearer {token.value}"}
    answer = muster.client.post("/v1/requests", json=protection(), headers=headers)
    detail = problem(answer, 401, "token-expired")["detail"]
    assert "expired at 2026-03-02T07:15:00" in detail
    assert "POST /oauth/token" in detail
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def levels(body: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield (path, object) of every object within a body."""
    if isinstance(body, dict):
        yield path, body
        for name, part in body.items():
            yield from levels(part, f"{path}.{name}".lstrip("."))
    elif isinstance(body, list):
        for index, part in enumerate(body):
            yield from levels(part, f"{path}.{index}")


def full_request() -> Json:
    """Return a request with every part that can be in one."""
    required = {
        "kind": "insurance",
        "line": "war_risk",
        "limit": {"minor_units": 1, "currency": "USD"},
    }
    return protection(
        needs=[
            {
                "quantity": 1,
                "required": {"kind": "vehicles"},
                "preferred": {"kind": "vehicles", "seats": 4},
            },
            {"quantity": 1, "required": required},
        ],
        terms={
            "budget": {"minor_units": 1, "currency": "USD"},
            "liability_cover": {"minor_units": 1, "currency": "USD"},
        },
        host_state_protection={
            "asked": "the police",
            "answer": "no",
            "established_at": "2026-03-01T08:00:00Z",
        },
    )


def full_capability() -> Json:
    """Return a capability with every part that can be in one."""
    attributes = {
        "kind": "insurance",
        "lines": ["war_risk"],
        "limit": {"minor_units": 1, "currency": "USD"},
        "territory": ["KH"],
    }
    return capability(attributes=attributes, available=[{**WINDOW}], blackouts=[{**WINDOW}])


BODIES: dict[tuple[str, str, str], Json] = {
    ("anybody", "POST", "/v1/organisations"): membership(),
    ("operator", "POST", "/v1/organisations/{organisation_id}/status"): {
        "status": "suspended",
        "reason": "r",
    },
    ("provider", "PUT", "/v1/organisations/{organisation_id}/conflicts"): {
        "organisation_ids": [],
        "reason": "r",
    },
    ("provider", "POST", "/v1/organisations/{organisation_id}/authorisations"): licence(
        limit={"minor_units": 1, "currency": "USD"}
    ),
    (
        "operator",
        "POST",
        "/v1/organisations/{organisation_id}/authorisations/{authorisation_id}/status",
    ): {"status": "revoked", "reason": "r"},
    ("provider", "POST", "/v1/capabilities"): full_capability(),
    ("provider", "PUT", "/v1/capabilities/{capability_id}"): full_capability(),
    ("provider", "POST", "/v1/capabilities/{capability_id}/status"): {
        "status": "paused",
        "reason": "r",
    },
    ("operator", "POST", "/v1/api-clients"): {"role": "operator", "name": "desk"},
    ("operator", "POST", "/v1/api-clients/{client_id}/revocation"): {"reason": "r"},
    ("enterprise", "POST", "/v1/requests"): full_request(),
    ("enterprise", "POST", "/v1/match-previews"): full_request(),
    ("operator", "POST", "/v1/reviews/{review_id}/decision"): {
        "decision": "refused",
        "reason": "r",
    },
    ("enterprise", "POST", "/v1/requests/{request_id}/approve"): {},
    ("enterprise", "POST", "/v1/requests/{request_id}/cancel"): {"reason": "r"},
    ("provider", "POST", "/v1/offers/{offer_id}/accept"): {},
    ("provider", "POST", "/v1/offers/{offer_id}/decline"): {"reason": "r"},
    ("provider", "POST", "/v1/offers/{offer_id}/counter"): {"price": PRICE, "reason": "r"},
    ("provider", "POST", "/v1/jobs/{job_id}/status"): {"status": "acknowledged"},
    ("provider", "POST", "/v1/jobs/{job_id}/delay"): {"delayed": True, "reason": "r"},
    ("provider", "POST", "/v1/jobs/{job_id}/positions"): {"position": PLACE["position"]},
    ("provider", "POST", "/v1/jobs/{job_id}/check-ins"): {"position": PLACE["position"]},
    ("provider", "POST", "/v1/jobs/{job_id}/incidents"): {
        "severity": "minor",
        "summary": "s",
        "position": PLACE["position"],
    },
    ("operator", "POST", "/v1/incidents/{incident_id}/status"): {"status": "triaged"},
    ("provider", "POST", "/v1/webhooks"): {"url": "https://angkor.example/in"},
    ("provider", "PUT", "/v1/preferences"): {"email": {}},
}


def test_every_body_is_tried_with_an_unknown_field(muster: Application) -> None:
    """Whoever adds a command adds its body above."""
    document = muster.app.openapi()
    with_body = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert {(method, path) for _, method, path in BODIES} == with_body


@pytest.mark.parametrize(("who", "method", "path"), sorted(BODIES), ids=str)
def test_an_unknown_field_at_every_level(
    muster: Application, world: World, who: str, method: str, path: str
) -> None:
    """Named by its path, with the fields there are; nothing is dropped in silence."""
    callers = {"anybody": None, "operator": OPERATOR, **vars(world)}
    body = BODIES[who, method, path]
    for level, inner in list(levels(body)):
        if path == "/v1/preferences" and level == "email":
            continue  # its names are event types; see below
        inner["surprise"] = 1
        wrong = violation(muster.ask(callers[who], method, path.format_map(world.ids), body))
        del inner["surprise"]
        assert wrong["field"] == f"{level}.surprise".lstrip(".")
        assert wrong["problem"] == "There is no such field"
        assert set(wrong.get("allowed", ())) >= set(inner)
        assert "surprise" not in wrong.get("allowed", ())


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "allowed"),
    [
        ("PUT", "/v1/preferences", {"email": {"lunch": "off"}}, "email.lunch", "muster."),
        (
            "PUT",
            "/v1/preferences",
            {"email": {"muster.dispatch.check-in.missed.v1": "off"}},
            "email.muster.dispatch.check-in.missed.v1",
            "on",
        ),
        (
            "POST",
            "/v1/webhooks",
            {"url": "https://angkor.example/", "event_types": ["lunch"]},
            "event_types",
            "muster.",
        ),
    ],
)
def test_what_notify_cannot_do(
    muster: Application, world: World, method: str, path: str, body: Json, field: str, allowed: str
) -> None:
    """Told which events there are."""
    wrong = violation(muster.ask(world.provider, method, path, body))
    assert wrong["field"] == field
    assert wrong["allowed"].startswith(allowed)


@pytest.mark.parametrize(
    "url", ["http://angkor.example/in", "https://127.0.0.1/in", "https://a]b/"]
)
def test_a_webhook_that_may_not_be_called(muster: Application, world: World, url: str) -> None:
    """Named as the url, with what to write instead."""
    wrong = violation(muster.ask(world.provider, "POST", "/v1/webhooks", {"url": url}))
    assert wrong["field"] == "url"


WRONG_STATES = [
    (
        "operator",
        "/v1/organisations/{organisation_id}/status",
        {"status": "vetting", "reason": "again"},
        "active",
        ["expelled", "suspended", "withdrawn"],
    ),
    (
        "operator",
        "/v1/organisations/{organisation_id}/authorisations/{authorisation_id}/status",
        {"status": "verified", "reason": "again"},
        "verified",
        ["expired", "revoked"],
    ),
    (
        "provider",
        "/v1/capabilities/{capability_id}/status",
        {"status": "published", "reason": "again"},
        "published",
        ["paused", "retired"],
    ),
    (
        "enterprise",
        "/v1/requests/{request_id}/approve",
        {},
        "confirmed",
        ["cancelled", "closed", "in_service"],
    ),
    ("provider", "/v1/offers/{offer_id}/accept", {}, "committed", ["released"]),
    (
        "provider",
        "/v1/jobs/{job_id}/status",
        {"status": "on_scene"},
        "committed",
        ["aborted", "acknowledged", "cancelled"],
    ),
    (
        "operator",
        "/v1/incidents/{incident_id}/status",
        {"status": "closed", "reason": "done"},
        "reported",
        ["duplicate", "triaged", "unfounded"],
    ),
]


@pytest.mark.parametrize(("who", "path", "body", "current", "allowed"), WRONG_STATES)
def test_a_wrong_state(
    muster: Application,
    world: World,
    who: str,
    path: str,
    body: Json,
    current: str,
    allowed: list[str],
) -> None:
    """409 with where it stands and where it can go from there."""
    callers = {"operator": OPERATOR, **vars(world)}
    answer = muster.ask(callers[who], "POST", path.format_map(world.ids), body)
    document = problem(answer, 409, "illegal-transition")
    assert (document["current"], document["allowed"]) == (current, allowed)
    assert all(status in document["detail"] for status in allowed)


def test_a_strangers_object_is_not_there(muster: Application, world: World) -> None:
    """404 in the same words as for an id that never was."""
    job_id = world.ids["job_id"]
    theirs = muster.ask(world.other_provider, "GET", f"/v1/jobs/{job_id}")
    never = muster.ask(world.other_provider, "GET", "/v1/jobs/job_0")
    detail = problem(theirs, 404, "not-found")["detail"]
    assert detail.replace(job_id, "job_0") == problem(never, 404, "not-found")["detail"]
