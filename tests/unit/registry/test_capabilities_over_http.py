"""Capabilities, as a client of the API meets them."""

from typing import Any

import pytest

from muster.contracts.vocabulary.statuses import MemberStatus
from tests.unit.registry.bodies import ATTRIBUTES, capability
from tests.unit.registry.http import Edge


@pytest.mark.parametrize("attributes", ATTRIBUTES, ids=lambda each: each["kind"])
def test_each_of_the_six_kinds_is_published_with_its_own_attributes(
    attributes: dict[str, Any],
) -> None:
    """What was sent comes back, with an id, a status and a version."""
    edge = Edge()
    member = edge.registry.member()
    sent = capability(attributes=attributes)
    answer = edge.provider(member, "POST", "/v1/capabilities", json=sent)
    assert answer.status == 201
    assert answer.body["status"] == "published"
    assert answer.body["version"] == 1
    assert answer.body["provider_id"] == member.organisation_id
    returned = answer.body["attributes"]
    assert {name: _unordered(value) for name, value in returned.items()} == {
        name: _unordered(value) for name, value in attributes.items()
    }
    shown = edge.provider(member, "GET", f"/v1/capabilities/{answer.body['capability_id']}")
    assert shown.body["price"] == sent["price"]
    assert shown.body["blackouts"] == sent["blackouts"]


def _unordered(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"capacity": -1}, "capacity"),
        ({"lead_time_minutes": -1}, "lead_time_minutes"),
        ({"coverage": {"countries": ["XX"]}}, "coverage.countries"),
        ({"coverage": {"countries": []}}, "coverage.countries"),
        ({"attributes": {"kind": "weapons"}}, "attributes"),
        ({"attributes": {"kind": "guards", "rifles": 3}}, "attributes"),
        ({"attributes": {"kind": "vehicles", "seats": 0}}, "attributes"),
        (
            {
                "available": [
                    {"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-01T00:00:00Z"}
                ]
            },
            "available",
        ),
        ({"price": {"amount": {"minor_units": -1, "currency": "USD"}, "per": "hour"}}, "price"),
        ({"provider_id": "org_other"}, "provider_id"),
    ],
)
def test_a_capability_that_cannot_be_is_refused_by_field(
    changes: dict[str, object], field: str
) -> None:
    """A capacity of zero, an unknown country, a weapon, a window that ends before it starts."""
    edge = Edge()
    answer = edge.provider(
        edge.registry.member(), "POST", "/v1/capabilities", json=capability(**changes)
    )
    assert answer.status == 422
    assert any(name.startswith(field) for name in answer.fields)


def test_a_member_that_is_not_active_publishes_nothing() -> None:
    """409 with what to do next."""
    edge = Edge()
    member = edge.registry.move(edge.registry.member(), MemberStatus.SUSPENDED)
    answer = edge.provider(member, "POST", "/v1/capabilities", json=capability())
    assert answer.status == 409
    assert "Ask an operator" in answer.body["detail"]


def test_a_capability_is_replaced_whole_and_keeps_its_kind() -> None:
    """What is left out falls back to its default; a change of kind is refused."""
    edge = Edge()
    member = edge.registry.member()
    published = edge.provider(member, "POST", "/v1/capabilities", json=capability())
    address = f"/v1/capabilities/{published.body['capability_id']}"
    body = capability(capacity=3)
    del body["blackouts"]
    replaced = edge.provider(member, "PUT", address, json=body)
    assert replaced.status == 200
    assert (replaced.body["capacity"], replaced.body["blackouts"]) == (3, [])
    assert replaced.body["version"] == 2
    other_kind = capability(attributes=ATTRIBUTES[1])
    refused = edge.provider(member, "PUT", address, json=other_kind)
    assert refused.status == 422
    assert "attributes.kind" in refused.fields


def test_a_retired_capability_answers_409_with_no_way_on() -> None:
    """Retirement is final, and the answer says so."""
    edge = Edge()
    member = edge.registry.member()
    published = edge.registry.published(member)
    address = f"/v1/capabilities/{published.capability_id}/status"
    retire = {"status": "retired", "reason": "sold"}
    assert edge.provider(member, "POST", address, json=retire).body["status"] == "retired"
    again = edge.provider(member, "POST", address, json={"status": "published", "reason": "no"})
    assert (again.status, again.body["current"], again.body["allowed"]) == (409, "retired", [])


def test_a_strangers_capability_answers_404() -> None:
    """To look at, to replace and to move; an operator sees it."""
    edge = Edge()
    member, stranger = edge.registry.member(), edge.registry.member(name="Mekong Escort")
    published = edge.registry.published(member)
    address = f"/v1/capabilities/{published.capability_id}"
    retire = {"status": "retired", "reason": "sabotage"}
    assert edge.provider(stranger, "GET", address).status == 404
    assert edge.provider(stranger, "PUT", address, json=capability()).status == 404
    assert edge.provider(stranger, "POST", f"{address}/status", json=retire).status == 404
    assert edge.provider(stranger, "GET", "/v1/capabilities").body["items"] == []
    assert edge.operator("GET", address).status == 200


def test_an_enterprise_has_no_business_with_capabilities() -> None:
    """It sees who serves it through its requests alone."""
    edge = Edge()
    member = edge.registry.member()
    assert edge.enterprise(member, "GET", "/v1/capabilities").status == 403
    assert edge.enterprise(member, "POST", "/v1/capabilities", json=capability()).status == 403


def test_capabilities_come_page_by_page() -> None:
    """The cursor leads on until there are no more."""
    edge = Edge()
    member = edge.registry.member()
    published = [edge.registry.published(member).capability_id for _ in range(3)]
    first = edge.provider(member, "GET", "/v1/capabilities", params={"limit": 2})
    rest = edge.provider(
        member,
        "GET",
        "/v1/capabilities",
        params={"limit": 2, "cursor": first.body["next_cursor"]},
    )
    seen = [each["capability_id"] for each in (*first.body["items"], *rest.body["items"])]
    assert seen == published
    assert rest.body["next_cursor"] is None
