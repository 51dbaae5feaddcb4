"""Where in a JSON body the character U+0000 stands."""

import json
from collections.abc import Iterator
from typing import TypeAlias

NUL = "\0"

# A place in a document: its name, and the place it lies in. No text is put together before it is
# wanted: a small body has room for many long paths.
_Place: TypeAlias = "tuple[str | int, _Place] | None"


def field_with_nul(body: bytes) -> str | None:
    """Return the path of the first text that holds U+0000, or None if the body does not parse."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    # Not by recursion: a body may be nested as deeply as the parser just bears.
    pending: list[tuple[_Place, object]] = [(None, document)]
    while pending:
        place, value = pending.pop()
        if _holds_nul(value):
            return _path(place)
        pending.extend(((name, place), part) for name, part in _parts(value))
    return None


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return NUL in value
    return isinstance(value, dict) and any(NUL in name for name in value)


def _parts(value: object) -> Iterator[tuple[str | int, object]]:
    """Yield names and values of what lies within, the last one first."""
    if isinstance(value, dict):
        yield from reversed(value.items())
    elif isinstance(value, list):
        yield from reversed(list(enumerate(value)))


def _path(place: _Place) -> str:
    names = []
    while place is not None:
        name, place = place
        names.append(str(name))
    return ".".join(reversed(names))
