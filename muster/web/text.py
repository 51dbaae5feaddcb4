"""Text that JSON can say and no database keeps: U+0000, and half of a surrogate pair."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

# Only an escape can bring either of them; without one, nothing is parsed here.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")  # a whole pair has become one character by then

# A place in a document: its name, and the place it lies in. No text is put together before it is
# wanted: a small body has room for many long paths.
_Place: TypeAlias = "tuple[str | int, _Place] | None"


@dataclass(frozen=True)
class Unkeepable:
    """Where such a text stands, and the character it holds."""

    field: str
    character: str


def find_unkeepable(body: bytes) -> Unkeepable | None:
    """Return the first text of a JSON body that cannot be kept; None too if it does not parse."""
    if _SUSPICIOUS.search(body) is None:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    # Not by recursion: a body may be nested as deeply as the parser just bears.
    pending: list[tuple[_Place, object]] = [(None, document)]
    while pending:
        place, value = pending.pop()
        for text in _texts(value):
            if found := _UNKEEPABLE.search(text):
                return Unkeepable(_path(place) or "body", f"U+{ord(found.group()):04X}")
        pending.extend(((name, place), part) for name, part in _parts(value))
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value


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
