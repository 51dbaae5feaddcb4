"""docs/asyncapi.yaml says what the code does."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from muster.cli.asyncapi import describe
from muster.cli.bootstrap import topology
from muster.contracts.catalogue import EVENT_TYPES

FILE = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the description as it is generated now."""
    return describe(topology())


def test_the_file_is_what_the_catalogue_gives(document: dict[str, Any]) -> None:
    """Whoever changes an event or a subscription runs `make docs`."""
    assert yaml.safe_load(FILE.read_text()) == document, (
        "docs/asyncapi.yaml is old: run `make docs`"
    )


def test_every_event_type_of_the_catalogue_is_described(document: dict[str, Any]) -> None:
    """Nothing can be said on the wire that the description leaves out."""
    named = {message["name"] for message in document["components"]["messages"].values()}

    assert named == set(EVENT_TYPES)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No `$ref` points at nothing."""
    for reference in references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert isinstance(target, dict)


def test_every_schema_is_a_valid_json_schema(document: dict[str, Any]) -> None:
    """Readers in other languages can generate code from it."""
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_event_is_heard_by_some_queue() -> None:
    """Publishing is mandatory: an event that no queue is bound for would come back for ever."""
    assert topology().unheard(EVENT_TYPES.values()) == []


def references(node: object) -> list[str]:
    """Return every `$ref` below a node."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [r for value in node.values() for r in references(value)]
    if isinstance(node, list):
        return [r for item in node for r in references(item)]
    return []
