"""What a validation error means in the caller's words: field, problem, what is allowed."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError

from muster.contracts.violations import violation_of

MAX_VIOLATIONS = 50  # a body of nothing but mistakes is not answered by a longer one


def violations_of(error: RequestValidationError, route: object) -> list[dict[str, Any]]:
    """Return what was wrong, one entry for each mistake, without repeating the input."""
    return [_entry(e, error.body, route) for e in error.errors()[:MAX_VIOLATIONS]]


def _entry(error: Mapping[str, Any], body: Any, route: object) -> dict[str, Any]:
    where, *parts = error["loc"]
    if where == "body":
        found = violation_of(error, parts, body, _annotation(route))
        field = ".".join(map(str, found.path)) or "body"
    else:  # a parameter; there is nothing to look it up in
        found = violation_of(error, parts, None, None)
        field = ".".join(map(str, parts)) or str(where)
    entry: dict[str, Any] = {"field": field, "problem": found.problem}
    if found.allowed:
        entry["allowed"] = found.allowed
    return entry


def _annotation(route: object) -> object:
    field = getattr(route, "body_field", None)
    return None if field is None else field.field_info.annotation
