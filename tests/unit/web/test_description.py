"""The OpenAPI document says who may call what, and what can go wrong."""

from typing import Any

import httpx
import pytest

from muster.access import Permission


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    """The document as a client gets it."""
    answer: dict[str, Any] = client.get("/openapi.json").json()
    return answer


def test_it_is_openapi_3_1_with_client_credentials(document: dict[str, Any]) -> None:
    """Every permission is a scope."""
    assert document["openapi"] == "3.1.0"
    flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth/token"
    assert set(flow["scopes"]) == {permission.value for permission in Permission}


def test_each_operation_names_its_scope(document: dict[str, Any]) -> None:
    """And a public one that it needs none."""
    paths = document["paths"]
    assert paths["/v1/parcels"]["post"]["security"] == [{"oauth2": ["requests:submit"]}]
    assert paths["/v1/parcels"]["get"]["security"] == [{"oauth2": ["requests:read"]}]
    assert paths["/v1/organisations"]["post"]["security"] == []


def test_refusals_are_described_as_problems(document: dict[str, Any]) -> None:
    """Those that can happen, and no others."""
    paths = document["paths"]
    changing = paths["/v1/parcels"]["post"]["responses"]
    assert {"201", "400", "401", "403", "409", "413", "415", "422", "503"} <= set(changing)
    assert "404" in paths["/v1/parcels/{parcel_id}"]["get"]["responses"]
    assert "409" not in paths["/v1/parcels"]["get"]["responses"]
    problem = {"$ref": "#/components/schemas/Problem"}
    assert changing["422"]["content"] == {"application/problem+json": {"schema": problem}}


def test_each_change_offers_an_idempotency_key(document: dict[str, Any]) -> None:
    """Looking does not need one."""
    parcels = document["paths"]["/v1/parcels"]
    assert "Idempotency-Key" in [p["name"] for p in parcels["post"]["parameters"]]
    assert [p["name"] for p in parcels["get"]["parameters"]] == ["limit", "cursor"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No dangling names after our own schemas replaced the framework's."""
    schemas = document["components"]["schemas"]

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [r for value in node.values() for r in references(value)]
        if isinstance(node, list):
            return [r for value in node for r in references(value)]
        return []

    missing = {r for r in references(document) if r.rsplit("/", 1)[-1] not in schemas}
    assert missing == set()
