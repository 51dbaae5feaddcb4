"""The published HTTP contract of all services: complete, closed, and in one style."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from muster.clock import SimulatedClock
from muster.contracts.catalogue import OWNERS
from muster.web import TokenVerifier, create_app, generate_keypair
from tests.stores import START

Document = dict[str, Any]

SURFACE = {
    "/oauth/token": {"post"},
    "/.well-known/jwks.json": {"get"},
    "/v1/organisations": {"get", "post"},
    "/v1/organisations/{}": {"get"},
    "/v1/organisations/{}/status": {"post"},
    "/v1/organisations/{}/conflicts": {"put"},
    "/v1/organisations/{}/authorisations": {"get", "post"},
    "/v1/organisations/{}/authorisations/{}/status": {"post"},
    "/v1/api-clients": {"get", "post"},
    "/v1/api-clients/{}/revocation": {"post"},
    "/v1/capabilities": {"get", "post"},
    "/v1/capabilities/{}": {"get", "put"},
    "/v1/capabilities/{}/status": {"post"},
    "/v1/requests": {"get", "post"},
    "/v1/requests/{}": {"get"},
    "/v1/requests/{}/approve": {"post"},
    "/v1/requests/{}/cancel": {"post"},
    "/v1/requests/{}/explanation": {"get"},
    "/v1/offers": {"get"},
    "/v1/offers/{}": {"get"},
    "/v1/offers/{}/accept": {"post"},
    "/v1/offers/{}/decline": {"post"},
    "/v1/offers/{}/counter": {"post"},
    "/v1/jobs": {"get"},
    "/v1/jobs/{}": {"get"},
    "/v1/jobs/{}/status": {"post"},
    "/v1/jobs/{}/delay": {"post"},
    "/v1/jobs/{}/positions": {"post"},
    "/v1/jobs/{}/check-ins": {"post"},
    "/v1/jobs/{}/incidents": {"get", "post"},
    "/v1/jobs/{}/timeline": {"get"},
    "/v1/incidents": {"get"},
    "/v1/incidents/{}/status": {"post"},
    "/v1/notifications": {"get"},
    "/v1/webhooks": {"get", "post"},
    "/v1/webhooks/{}": {"delete"},
    "/v1/preferences": {"get", "put"},
    "/v1/stream": {"get"},
}

# What anybody may call: an application to join, a token, and the operators' pages.
OPEN = {
    ("post", "/v1/organisations"),
    ("post", "/oauth/token"),
    ("get", "/.well-known/jwks.json"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}


@pytest.fixture(scope="module")
def document() -> Document:
    """The document of an api process that serves all services."""
    routers = {service: [import_module(f"services.{service}.api").router] for service in OWNERS}
    verifier = TokenVerifier(generate_keypair()[1], "muster", SimulatedClock(START))
    return create_app({}, routers, verifier, {}, 1024, list).openapi()


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield method, path and operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def schema_of(document: Document, reference: Document) -> Document:
    """Return a schema, following one reference."""
    if "$ref" not in reference:
        return reference
    name = reference["$ref"].rsplit("/", 1)[-1]
    schema: Document = document["components"]["schemas"][name]
    return schema


def test_every_promised_address_is_there(document: Document) -> None:
    """With the methods promised; more is fine."""
    served: dict[str, set[str]] = {}
    for method, path, _ in operations(document):
        served.setdefault(re.sub(r"\{\w+\}", "{}", path), set()).add(method)
    missing = {
        path: methods - served.get(path, set())
        for path, methods in SURFACE.items()
        if methods - served.get(path, set())
    }
    assert missing == {}


def test_only_the_listed_operations_are_open_to_anybody(document: Document) -> None:
    """Everything else names the scope it needs."""
    unguarded = {
        (m, p) for m, p, operation in operations(document) if not operation.get("security")
    }
    assert unguarded == OPEN


def test_operations_have_names_of_their_own(document: Document) -> None:
    """A generated client needs them."""
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert sorted(names) == sorted(set(names))


def test_operations_are_explained(document: Document) -> None:
    """In a sentence, under a heading."""
    silent = [
        f"{method} {path}"
        for method, path, operation in operations(document)
        if path.startswith("/v1") and not (operation.get("tags") and operation.get("description"))
    ]
    assert silent == []


def test_summaries_say_what_is_done(document: Document) -> None:
    """In words, which a function's name seldom is."""
    names = [
        operation["summary"]
        for _, path, operation in operations(document)
        if path.startswith(("/v1", "/oauth"))
        and operation["summary"] == operation["summary"].title()
    ]
    assert names == []


def test_parameters_are_described(document: Document) -> None:
    """Those of the path are all declared, too."""
    for method, path, operation in operations(document):
        parameters = operation.get("parameters", [])
        assert all(each.get("description") for each in parameters), f"{method} {path}"
        declared = {each["name"] for each in parameters if each["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_every_error_is_a_problem_document(document: Document) -> None:
    """Except where OAuth 2 has its own."""
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if path.startswith("/v1") and not status.startswith("2"):
                assert set(response["content"]) == {"application/problem+json"}, f"{method} {path}"


def test_a_token_request_is_described_as_a_form(document: Document) -> None:
    """As is its refusal, in the words of RFC 6749."""
    operation = document["paths"]["/oauth/token"]["post"]
    (kind,) = operation["requestBody"]["content"]
    assert kind == "application/x-www-form-urlencoded"
    for status in ("400", "401"):
        schema = operation["responses"][status]["content"]["application/json"]["schema"]
        assert schema["required"] == ["error", "error_description"]


def test_every_reference_leads_somewhere(document: Document) -> None:
    """Within the document."""
    names = set(re.findall(r"'#/components/schemas/([^']+)'", str(document)))
    assert names <= set(document["components"]["schemas"])
    assert document["openapi"].startswith("3.1")


def test_a_schema_is_called_by_one_name(document: Document) -> None:
    """Two models of the same name would be told apart by the modules of Python they are in."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_answers_are_described(document: Document) -> None:
    """Every success but 204 has a model or is a stream."""
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if path.startswith("/v1") and status.startswith("2") and status != "204":
                media = response["content"]
                assert media, f"{method} {path} {status}"
                assert all(
                    m.get("schema") or kind != "application/json" for kind, m in media.items()
                )


def test_bodies_refuse_unknown_fields(document: Document) -> None:
    """A misspelt field is never silently dropped, at any depth."""
    schemas = document["components"]["schemas"]
    bodies = [
        media["schema"]["$ref"].rsplit("/", 1)[-1]
        for _, _, operation in operations(document)
        for media in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in media["schema"]
    ]
    reached = set(bodies)
    while bodies:
        text = str(schemas[bodies.pop()])
        inner = set(re.findall(r"#/components/schemas/([\w.-]+)", text)) - reached
        reached |= inner
        bodies.extend(inner)
    open_to_anything = {
        name
        for name in reached
        if schemas[name].get("type") == "object"
        and schemas[name].get("additionalProperties") is not False
    }
    assert open_to_anything == set()


def test_schemas_are_valid_json_schema(document: Document) -> None:
    """Of the draft OpenAPI 3.1 builds on."""
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_lists_come_in_pages(document: Document) -> None:
    """Whoever takes a cursor gives one."""
    for _, path, operation in operations(document):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        if "cursor" in names:
            media = operation["responses"]["200"]["content"]["application/json"]
            page = schema_of(document, media["schema"])
            assert set(page["properties"]) == {"items", "next_cursor"}, path
            assert "limit" in names


def test_addresses_are_in_one_style(document: Document) -> None:
    """Lower case with hyphens, parameters with underscores."""
    for path in document["paths"]:
        assert re.fullmatch(r"(/([a-z0-9.-]+|\{[a-z_]+\}))+", path), path
