"""Which fields a document may have at a place, read from the JSON schema of its model."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

Schema = dict[str, Any]


def known_fields(annotation: object, location: Sequence[str | int]) -> list[str]:
    """Return the names allowed beside the last part of an error's location, sorted.

    Empty if the schema of what was expected does not tell.
    """
    schema = _schema(annotation)
    places = [schema]
    for part in location[:-1]:
        places = [below for place in places for below in _step(place, part, schema)] or places
    names = {name for place in places for name in _properties(place, schema)}
    return sorted(names)


@lru_cache(maxsize=256)
def _schema(annotation: Any) -> Schema:
    return TypeAdapter(annotation).json_schema()


def _step(place: Schema, part: str | int, root: Schema) -> Iterator[Schema]:
    """Yield where one part of a location leads; a union's tag leads to that member."""
    for option in _options(place, root):
        if isinstance(part, int):
            if "items" in option:
                yield option["items"]
        elif part in option.get("properties", {}):
            yield option["properties"][part]
        elif part in (members := option.get("discriminator", {}).get("mapping", {})):
            yield {"$ref": members[part]}


def _options(place: Schema, root: Schema) -> Iterator[Schema]:
    place = _resolved(place, root)
    yield place
    for member in (*place.get("anyOf", ()), *place.get("oneOf", ())):
        yield from _options(member, root)


def _properties(place: Schema, root: Schema) -> Iterator[str]:
    for option in _options(place, root):
        yield from option.get("properties", {})


def _resolved(place: Schema, root: Schema) -> Schema:
    while reference := place.get("$ref"):
        place = root["$defs"][reference.rsplit("/", 1)[-1]]
    return place
