"""What a broken contract means in its author's words: field, problem, what is allowed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muster.contracts.known_fields import known_fields

Location = Sequence[str | int]

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


@dataclass(frozen=True)
class Violation:
    """One mistake: where it is, as its author wrote the path, and what may stand there."""

    path: tuple[str | int, ...]
    problem: str
    allowed: str | list[str] | None


def violation_of(
    error: Mapping[str, Any], location: Location, document: Any, annotation: object
) -> Violation:
    """Return what one of pydantic's errors says of a document, without repeating its input.

    `annotation` is what the document had to be (None: not known).
    """
    return Violation(
        _path(location, document), _problem(error), _allowed(error, annotation, location)
    )


def _allowed(
    error: Mapping[str, Any], annotation: object, location: Location
) -> str | list[str] | None:
    if error["type"] in _UNKNOWN_FIELD:
        return (known_fields(annotation, location) if annotation else None) or None
    if error["type"] in _NOT_A_TIME or error["type"] == _NO_OFFSET:
        return _A_TIME
    return _options(error.get("ctx", {}))


def _path(location: Location, document: Any) -> tuple[str | int, ...]:
    """Return the path as the author wrote it: pydantic also names union members on the way."""
    path: list[str | int] = []
    for position, part in enumerate(location):
        if _has(document, part):
            document = document[part]
        elif position < len(location) - 1:
            continue
        path.append(part)
    return tuple(path)


def _has(document: Any, part: str | int) -> bool:
    if isinstance(document, dict):
        return part in document
    return isinstance(document, list) and isinstance(part, int) and 0 <= part < len(document)


def _problem(error: Mapping[str, Any]) -> str:
    if error["type"] in _UNKNOWN_FIELD:
        return "There is no such field"
    if error["type"] == _NO_OFFSET:
        return "The time has no offset, so it could mean any timezone"
    return str(error["msg"]).removeprefix("Value error, ")


def _options(context: Mapping[str, Any]) -> str | list[str] | None:
    for name in ("expected_tags", "expected"):
        if options := _QUOTED.findall(str(context.get(name, ""))):
            return list(options)
    bounds = [text.format(context[name]) for name, text in _BOUNDS.items() if name in context]
    return " and ".join(bounds) or None
