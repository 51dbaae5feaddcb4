"""The OpenAPI document: what FastAPI derives, and who may call what and what can go wrong."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from muster.access import Permission
from muster.web.access_check import gate_of
from muster.web.edge import CommandGate, Gate
from muster.web.idempotency import HEADER
from muster.web.problems import MEDIA_TYPE

SCHEME = "oauth2"

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details. `type` tells problems apart; `detail` says what "
    "was wrong and what to do next.",
    "required": ["type", "title", "status", "detail", "correlation_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:muster:problem:illegal-transition"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "correlation_id": {"type": "string"},
        "current": {"type": "string", "description": "With 409: the present state."},
        "allowed": {
            "type": "array",
            "items": {"type": "string"},
            "description": "With 409: the states that can follow.",
        },
        "errors": {
            "type": "array",
            "description": "With 422: what was wrong, field by field.",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {
                    "field": {"type": "string", "examples": ["needs.0.quantity"]},
                    "problem": {"type": "string"},
                    "allowed": {
                        "anyOf": [
                            {"type": "string"},
                            {"type": "array", "items": {"type": "string"}},
                        ]
                    },
                },
            },
        },
    },
}

_REPLACED = {"422"}  # FastAPI's own answer to bad input
_ALWAYS = {"default": "Any other problem"}
_AUTHENTICATED = {
    "401": "The access token is missing, expired or not valid",
    "403": "The caller's role may not do this",
}
_WITH_ID = {"404": "There is no such thing that the caller may see"}
_CHANGING = {
    "400": "The body is not JSON",
    "409": "Not possible in the present state",
    "413": "The body is too large",
    "415": "The body is not of the right type",
}
# What a parameter means wherever it occurs; ids in a path explain themselves.
_PARAMETERS = {
    "status": "Only those in this state.",
    "request_id": "Only those of this request.",
    "last-event-id": "The id of the last event that arrived; what came since is sent first.",
}
_ALL = {"422": "The input is not acceptable", "503": "Not possible just now; try again"}


def describe(app: FastAPI) -> None:
    """Let the application publish its complete description at /openapi.json."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary="Lets the members of a cross-border security alliance act as one.",
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for replaced in ("HTTPValidationError", "ValidationError"):  # ours are problems
        schemas.pop(replaced, None)
    components["securitySchemes"] = {SCHEME: _scheme()}
    for context in iter_route_contexts(app.routes):
        gate = gate_of(getattr(context, "dependant", None))
        if gate is None or context.path_format is None:
            continue
        for method in context.methods or ():
            operation = document["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, gate, context.path_format)
    return document


def _scheme() -> dict[str, Any]:
    scopes = {permission.value: permission.value.replace(":", ": ") for permission in Permission}
    return {
        "type": "oauth2",
        "description": "Client credentials. A token carries all scopes of its client's role.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}},
    }


def _complete(operation: dict[str, Any], gate: Gate, path: str) -> None:
    sentence = str(operation.get("description", "")).split("\n")[0].split(". ")[0]
    operation["summary"] = sentence.rstrip(".") or operation.get("summary", "")
    for parameter in operation.get("parameters", ()):
        if meaning := _meaning(parameter):
            parameter.setdefault("description", meaning)
    expected = {**_ALL, **_ALWAYS}
    if gate.permission is None:
        operation["security"] = []
    else:
        operation["security"] = [{SCHEME: [gate.permission.value]}]
        expected |= _AUTHENTICATED
    if "{" in path:
        expected |= _WITH_ID
    if isinstance(gate, CommandGate):
        expected |= _CHANGING
        operation.setdefault("parameters", []).append(_idempotency_key())
    responses = operation.setdefault("responses", {})
    for status, description in sorted(expected.items()):
        if status in responses and status not in _REPLACED:
            continue  # the route says itself what it answers
        responses[status] = {
            "description": description,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


def _meaning(parameter: dict[str, Any]) -> str | None:
    if parameter["in"] == "path":
        return f"The id of the {parameter['name'].removesuffix('_id').replace('_', ' ')}."
    return _PARAMETERS.get(parameter["name"].lower())


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "Send the same key with a repeated request: it has no second effect, and "
        "the first answer comes back.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    }
