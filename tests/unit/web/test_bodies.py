"""Bodies that are too large, of the wrong type, not JSON, or not what the model wants."""

from collections.abc import Iterator

import httpx
import pytest

from tests.unit.web.answers import PARCEL, PARCELS, problem, violation
from tests.unit.web.sample import MAX_BODY, Sample

JSON = {"Content-Type": "application/json"}
WINDOW = {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-02T09:00:00Z"}


def test_a_body_of_ten_megabytes_is_refused(client: httpx.Client, sample: Sample) -> None:
    """413 and the limit, before anything looks at the content."""
    answer = client.post(PARCELS, content=b"x" * 10_000_000, headers=sample.token() | JSON)
    assert str(MAX_BODY) in problem(answer, 413, "body-too-large")["detail"]


def test_a_large_body_that_does_not_announce_its_size_is_refused(
    client: httpx.Client, sample: Sample
) -> None:
    """Chunked transfer does not get around the limit."""

    def chunks() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 10_000

    answer = client.post(PARCELS, content=chunks(), headers=sample.token() | JSON)
    problem(answer, 413, "body-too-large")


def test_an_absurd_announcement_is_refused_unread(client: httpx.Client, sample: Sample) -> None:
    """Nobody waits for a terabyte."""
    headers = sample.token() | JSON | {"Content-Length": str(10**12)}
    problem(client.post(PARCELS, content=b"{}", headers=headers), 413, "body-too-large")


@pytest.mark.parametrize("body", [b'{"label": ', b"label=x", b"[1,]", b"\xff\xfe{}"])
def test_malformed_json_is_named_as_such(client: httpx.Client, sample: Sample, body: bytes) -> None:
    """400, not a list of missing fields."""
    answer = client.post(PARCELS, content=body, headers=sample.token() | JSON)
    problem(answer, 400, "malformed-body")


@pytest.mark.parametrize("given", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_a_wrong_content_type_is_refused(client: httpx.Client, sample: Sample, given: str) -> None:
    """415, and the type that is wanted."""
    headers = sample.token() | {"Content-Type": given}
    answer = client.post(PARCELS, content=b'{"label": "a gift"}', headers=headers)
    assert "application/json" in problem(answer, 415, "unsupported-media-type")["detail"]


def test_text_that_cannot_be_kept_is_refused_wherever_it_comes(
    client: httpx.Client, sample: Sample
) -> None:
    """PostgreSQL keeps no U+0000, and nobody half a character; to speak of them is fine."""
    headers = sample.token() | JSON
    for body, field in (
        (rb'{"label": "a\u0000b"}', "label"),
        (rb'{"label": "a", "items": [{"shape": {"hue": "\u0000"}}]}', "items.0.shape.hue"),
        (rb'{"label": "a", "items": [{"\u0000": 1}]}', "items.0"),
        (rb'"\u0000"', "body"),
    ):
        found = violation(client.post(PARCELS, content=body, headers=headers))
        assert (found["field"], found["problem"]) == (field, "contains the character U+0000")
    half = client.post(PARCELS, content=rb'{"label": "a\uD83d!"}', headers=headers)
    assert violation(half)["problem"] == "contains the character U+D83D"
    whole = client.post(PARCELS, content=rb'{"label": "\ud83d\ude00"}', headers=headers)
    assert "matches" in violation(whole)["allowed"]  # so it was read
    for address in (f"{PARCELS}/a%00b", f"{PARCELS}?cursor=%00"):
        assert violation(client.get(address, headers=headers))["field"] == "address"
    spoken_of = client.post(PARCELS, content=rb'{"label": "\\u0000"}', headers=headers)
    assert violation(spoken_of)["field"] == "label"  # for its pattern


@pytest.mark.parametrize("value", [r'"\ud800"', "NaN", "[" * 100_000, "9" * 5000])
def test_json_that_only_some_parsers_take_is_refused(
    client: httpx.Client, sample: Sample, value: str
) -> None:
    """Half a character, no number, a tower of brackets, a number without end."""
    body = f'{{"label": {value}}}'.encode()
    answer = client.post(PARCELS, content=body, headers=sample.token() | JSON)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_charset_beside_the_content_type_is_fine(client: httpx.Client, sample: Sample) -> None:
    """Parameters of the media type do not matter."""
    headers = sample.token() | {"Content-Type": "application/json; charset=utf-8"}
    answer = client.post(PARCELS, content=b'{"label": "a gift"}', headers=headers)
    assert answer.status_code == 201


def test_the_token_endpoint_reads_a_form_and_nothing_else(client: httpx.Client) -> None:
    """RFC 6749 wants a form there."""
    assert client.post("/oauth/token", data={"client_id": "cli_1"}).status_code == 200
    problem(client.post("/oauth/token", json={"client_id": "x"}), 415, "unsupported-media-type")


def test_an_unknown_field_is_named_with_the_known_ones(
    client: httpx.Client, sample: Sample
) -> None:
    """A misspelt field is never silently dropped."""
    answer = client.post(PARCELS, json={"label": "a gift", "lable": 1}, headers=sample.token())
    assert violation(answer) == {
        "field": "lable",
        "problem": "There is no such field",
        "allowed": ["items", "label", "priority", "window"],
    }


@pytest.mark.parametrize(
    ("body", "field", "allowed"),
    [
        ({"label": "a", "items": [{"quantity": 0}]}, "items.0.quantity", "at least 1"),
        ({"label": "a", "priority": "top"}, "priority", ["low", "high"]),
        ({"label": ""}, "label", "a length of at least 1"),
        ({"label": "x" * 41}, "label", "a length of at most 40"),
        ({"label": "UPPER"}, "label", "what matches ^[a-z ]+$"),
        (
            {"label": "a", "items": [{"quantity": 1, "shape": {"kind": "cone"}}]},
            "items.0.shape",
            ["box", "tube"],
        ),
        (
            {"label": "a", "items": [{"quantity": 1, "shape": {"kind": "tube", "radius": 0}}]},
            "items.0.shape.radius",
            "more than 0",
        ),
        (
            {
                "label": "a",
                "items": [{"quantity": 1, "shape": {"kind": "box", "corners": 2, "hue": 1}}],
            },
            "items.0.shape.hue",
            ["corners", "kind"],
        ),
    ],
)
def test_a_bad_value_is_named_by_its_path_with_what_is_allowed(
    client: httpx.Client, sample: Sample, body: dict[str, object], field: str, allowed: object
) -> None:
    """The path is the one the caller wrote, without the names of union members."""
    found = violation(client.post(PARCELS, json=body, headers=sample.token()))
    assert (found["field"], found["allowed"]) == (field, allowed)
    assert found["problem"]


def test_a_missing_field_is_named(client: httpx.Client, sample: Sample) -> None:
    """Also inside a list."""
    answer = client.post(PARCELS, json={"label": "a", "items": [{}]}, headers=sample.token())
    assert violation(answer) == {"field": "items.0.quantity", "problem": "Field required"}


def test_a_missing_body_is_named(client: httpx.Client, sample: Sample) -> None:
    """There is no field to name then."""
    assert violation(client.post(PARCELS, headers=sample.token()))["field"] == "body"


def test_a_window_that_ends_before_it_starts_is_refused(
    client: httpx.Client, sample: Sample
) -> None:
    """The sentence of a value's own rule comes through."""
    body = PARCEL | {"window": WINDOW}
    found = violation(client.post(PARCELS, json=body, headers=sample.token()))
    assert found["field"] == "window"
    assert "starts_at" in found["problem"]


def test_all_mistakes_are_told_at_once_but_not_without_end(
    client: httpx.Client, sample: Sample
) -> None:
    """A body of nothing but mistakes is not answered by a longer one."""
    body = {"label": "a", "items": [{"quantity": 0}] * 1000}
    answer = client.post(PARCELS, json=body, headers=sample.token())
    assert len(problem(answer, 422, "invalid-input")["errors"]) == 50


def test_the_input_is_not_repeated_in_the_answer(client: httpx.Client, sample: Sample) -> None:
    """What a caller sent by mistake does not end up in somebody's log of answers."""
    body = {"label": "A SECRET", "items": [{"quantity": "hunter2"}]}
    answer = client.post(PARCELS, json=body, headers=sample.token())
    assert "SECRET" not in answer.text
    assert "hunter2" not in answer.text
