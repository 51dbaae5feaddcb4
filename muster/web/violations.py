"""What a validation error means in the caller's words: field, problem, what is allowed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError

from muster.web.known_fields import known_fields

Violation = dict[str, Any]

MAX_VIOLATIONS = 50  # a body of nothing but mistakes is not answered by a longer one

# A model's word for it, and a dataclass's.
_UNKNOWN_FIELD = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_A_TIME = "a time with offset, such as 2026-03-03T08:00:00+07:00"
_NO_OFFSET = "timezone_aware"
_NOT_A_TIME = frozenset({"datetime_type", "datetime_parsing", "datetime_from_date_parsing"})
_QUOTED = re.compile(r"'([^']*)'")
_BOUNDS = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "multiple_of": "a multiple of {}",
    "pattern": "what matches {}",
    "min_length": "a length of at least {}",
    "max_length": "a length of at most {}",
}


def violations_of(error: RequestValidationError, route: object) -> list[Violation]:
    """Return what was wrong, one entry for each mistake, without repeating the input."""
    return [_violation(e, error.body, route) for e in error.errors()[:MAX_VIOLATIONS]]


def _violation(error: Mapping[str, Any], body: Any, route: object) -> Violation:
    location: Sequence[str | int] = error["loc"]
    violation: Violation = {"field": _field(location, body), "problem": _problem(error)}
    if error["type"] in _UNKNOWN_FIELD:
        allowed: str | list[str] | None = known_fields(route, location)
    elif error["type"] in _NOT_A_TIME or error["type"] == _NO_OFFSET:
        allowed = _A_TIME
    else:
        allowed = _allowed(error.get("ctx", {}))
    if allowed:
        violation["allowed"] = allowed
    return violation


def _field(location: Sequence[str | int], body: Any) -> str:
    """Return the path as the caller wrote it: pydantic also names union members on the way."""
    where, *parts = location
    if where != "body":
        return ".".join(map(str, parts)) or str(where)
    path: list[str] = []
    for position, part in enumerate(parts):
        if _has(body, part):
            body = body[part]
        elif position < len(parts) - 1:
            continue
        path.append(str(part))
    return ".".join(path) or "body"


def _has(body: Any, part: str | int) -> bool:
    if isinstance(body, dict):
        return part in body
    return isinstance(body, list) and isinstance(part, int) and 0 <= part < len(body)


def _problem(error: Mapping[str, Any]) -> str:
    if error["type"] in _UNKNOWN_FIELD:
        return "There is no such field"
    if error["type"] == _NO_OFFSET:
        return "The time has no offset, so it could mean any timezone"
    return str(error["msg"]).removeprefix("Value error, ")


def _allowed(context: Mapping[str, Any]) -> str | list[str] | None:
    for name in ("expected_tags", "expected"):
        if options := _QUOTED.findall(str(context.get(name, ""))):
            return list(options)
    bounds = [text.format(context[name]) for name, text in _BOUNDS.items() if name in context]
    return " and ".join(bounds) or None
