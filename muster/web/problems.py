"""RFC 9457 problem details: every error answers in one form and says what to do next."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from muster.contracts.vocabulary.errors import (
    Conflict,
    DomainError,
    Forbidden,
    IllegalTransition,
    InputRefused,
    MusterError,
    NotFound,
    PermanentError,
    TransientError,
)
from muster.web import errors
from muster.web import scope as keys
from muster.web.tokens import TokenExpired, TokenInvalid, TokenMissing, Unauthenticated
from muster.web.violations import violations_of

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1

_log = logging.getLogger("muster.web")


@dataclass(frozen=True)
class Kind:
    """One kind of problem: its status, the end of its type URI, and its title."""

    status: int
    slug: str
    title: str

    @property
    def uri(self) -> str:
        """Return the type URI, by which a program tells problems apart."""
        return f"urn:muster:problem:{self.slug}"


INVALID_INPUT = Kind(422, "invalid-input", "The request is not acceptable")
MALFORMED = Kind(400, "malformed-body", "The body is not JSON")
INTERNAL = Kind(500, "internal", "Something went wrong on our side")
NO_SUCH_ROUTE = Kind(404, "no-such-route", "There is nothing at this address")
WRONG_METHOD = Kind(405, "method-not-allowed", "This address does not take that method")

# The nearest class of an error's family decides.
KINDS: Mapping[type[BaseException], Kind] = {
    NotFound: Kind(404, "not-found", "Not found"),
    Forbidden: Kind(403, "forbidden", "Not allowed"),
    IllegalTransition: Kind(409, "illegal-transition", "Not possible in this state"),
    Conflict: Kind(409, "conflict", "Does not fit the present state"),
    errors.ShownOnlyOnce: Kind(409, "shown-only-once", "The answer is not kept"),
    errors.IdempotencyKeyReused: Kind(422, "idempotency-key-reused", "Key already used"),
    InputRefused: INVALID_INPUT,
    DomainError: Kind(422, "rule-violated", "A rule forbids this"),
    PermanentError: Kind(422, "impossible", "This cannot be done"),
    TransientError: Kind(503, "try-again", "Not possible just now"),
    TokenMissing: Kind(401, "token-missing", "An access token is needed"),
    TokenExpired: Kind(401, "token-expired", "The access token has expired"),
    TokenInvalid: Kind(401, "token-invalid", "The access token is not valid"),
    Unauthenticated: Kind(401, "unauthenticated", "Authentication failed"),
    errors.MalformedBody: MALFORMED,
    errors.BodyTooLarge: Kind(413, "body-too-large", "The body is too large"),
    errors.BodyTooSlow: Kind(408, "body-too-slow", "The body did not arrive in time"),
    errors.UnsupportedMediaType: Kind(415, "unsupported-media-type", "Wrong content type"),
    MusterError: INTERNAL,
}


def kind_of(error: BaseException) -> Kind:
    """Return what kind of problem an error is."""
    return next((KINDS[c] for c in type(error).__mro__ if c in KINDS), INTERNAL)


def problem_response(
    kind: Kind,
    detail: str,
    *,
    correlation_id: str,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document; `detail` says what was wrong and what to do next."""
    document = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "correlation_id": correlation_id,
        **(members or {}),
    }
    return Response(orjson.dumps(document), kind.status, headers, MEDIA_TYPE)


def error_response(error: MusterError, correlation_id: str) -> Response:
    """Return the problem document of an error Muster raised on purpose."""
    kind = kind_of(error)
    if kind.status >= 500:
        _log.warning("%s: %s", type(error).__name__, error)
    if kind is INTERNAL:
        return internal_response(correlation_id)
    return problem_response(
        kind,
        _detail(kind, error),
        correlation_id=correlation_id,
        members=_members(error),
        headers=_headers(error),
    )


def internal_response(correlation_id: str) -> Response:
    """Return the answer to an error nobody foresaw. It says nothing about the inside."""
    return problem_response(
        INTERNAL,
        "This was not your fault. Try again; if it happens again, tell the operator the "
        "correlation_id.",
        correlation_id=correlation_id,
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Let the application answer every foreseen error with a problem document."""
    app.add_exception_handler(MusterError, _on_muster_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_input)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_muster_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, MusterError):  # registered for nothing else
        raise error
    return error_response(error, _correlation_id(request))


async def _on_invalid_input(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):  # registered for nothing else
        raise error
    correlation_id = _correlation_id(request)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        why = first.get("ctx", {}).get("error", "it does not parse")
        return problem_response(
            MALFORMED,
            f"The body is not well-formed JSON: {why}, near character {first['loc'][-1]}. "
            "Correct it and send it again.",
            correlation_id=correlation_id,
        )
    violations = violations_of(error, request.scope.get("route"))
    return problem_response(
        INVALID_INPUT,
        f"Not acceptable: {', '.join(sorted({v['field'] for v in violations}))}. "
        "`errors` says why and what is allowed; correct it and send the request again.",
        correlation_id=correlation_id,
        members={"errors": violations},
    )


async def _on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # registered for nothing else
        raise error
    kind, detail = _http_kind(request, error)
    headers = {"Allow": _methods(request)} if kind is WRONG_METHOD else error.headers
    return problem_response(kind, detail, correlation_id=_correlation_id(request), headers=headers)


def _http_kind(request: Request, error: HTTPException) -> tuple[Kind, str]:
    if error.status_code == 404:
        return NO_SUCH_ROUTE, f"{request.url.path} does not exist. See /openapi.json for what does."
    if error.status_code == 405:
        return WRONG_METHOD, f"That is not possible here. Allowed: {_methods(request)}."
    if error.status_code == 400:
        return MALFORMED, "The body cannot be read as UTF-8 JSON. Correct it and send it again."
    return Kind(error.status_code, "http", "The request failed"), str(error.detail)


def _methods(request: Request) -> str:
    """Return what this address takes; the framework only names the first of its routes."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(found))


def _detail(kind: Kind, error: MusterError) -> str:
    if kind.status == 503:  # its own words are about the inside
        return "This is not possible just now; nothing was changed. Try again shortly."
    return str(error) or kind.title


def _members(error: MusterError) -> dict[str, Any]:
    if isinstance(error, IllegalTransition):
        return {"current": str(error.current), "allowed": [str(a) for a in error.allowed]}
    if isinstance(error, InputRefused):
        violation = {"field": error.field, "problem": error.problem}
        if error.allowed:
            violation["allowed"] = error.allowed
        return {"errors": [violation]}
    return {}


def _headers(error: MusterError) -> dict[str, str] | None:
    if isinstance(error, TransientError):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if isinstance(error, TokenMissing):
        return {"WWW-Authenticate": 'Bearer realm="muster"'}
    if isinstance(error, TokenExpired | TokenInvalid):
        return {"WWW-Authenticate": 'Bearer realm="muster", error="invalid_token"'}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="muster"'}
    return None


def _correlation_id(request: Request) -> str:
    return str(request.scope.get(keys.CORRELATION_ID, ""))
