"""Requests made up from the OpenAPI document: mostly sensible, with something odd in each."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Schema = dict[str, Any]

# Not a value: text that goes into the JSON as it is.
RAW = (
    "9" * 5000,
    "-1e999",
    "1e-999",
    "[" * 20_000,
    '{"a":' * 2000,
    r'"\ud800"',
    r'"\udfff\ud800"',
    r'"a\u0000b"',
    '"tab\tinside"',
    '"\x7f"',
    "NaN",
    "Infinity",
    "-Infinity",
    "nul",
    '{"a": 1, "a": 2}',
)
ODD: tuple[Any, ...] = (
    None,
    True,
    "",
    " ",
    0,
    -1,
    0.1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**30,
    1e308,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"kind": "guards"},
    {"kind": ["guards"]},
    {"kind": "arrests"},
    "x" * 5000,
    "é\u202e\u2028\ufeff",
    "\ud83d",
    "\U0001f600" * 50,
    "a\r\nBcc: all@example.com",
    "{{ 7*7 }}",
    "' OR 1=1 --",
    "%s%n%00",
    "\x1b[31m\x01",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-14:00",
    "9999-12-31T23:59:59+00:00",
    "2026-02-30T00:00:00Z",
    "2026-03-03T08:00:00",
    "2026-03-03T24:00:00Z",
    "2026-03-03T08:00:00+23:59",
    "-2026-03-03T08:00:00Z",
    1_772_500_000,
    -62_135_596_800,
    253_402_300_799,
    "1e20",
    "KH",
    "kh",
    "XX",
    "USD",
    "org_0",
)
ODD_PATHS = (
    "%20",
    "..",
    "%2e%2e",
    "a%2fb",
    "%ff%fe",
    "%ed%a0%80",
    "x" * 6000,
    "%00",
    "%0d%0aX: y",
    "é",
    "\u202e",
    "null",
    "-1",
    "9" * 400,
    "*",
    "%27%20OR%201=1",
)
ODD_HEADERS: tuple[tuple[str, bytes], ...] = (
    ("Idempotency-Key", b"k" * 255),
    ("Idempotency-Key", b"k" * 256),
    ("Idempotency-Key", b"\xff\xe9"),
    ("Idempotency-Key", b"again"),
    ("X-Correlation-ID", b"\xe9\xff"),
    ("X-Correlation-ID", b"c" * 64),
    ("X-Correlation-ID", b"c" * 65),
    ("traceparent", b"00-zz"),
    ("Last-Event-ID", b"-1"),
    ("Last-Event-ID", b"9223372036854775807"),
    ("Last-Event-ID", b"9223372036854775808"),
    ("Last-Event-ID", b"\xb2"),
    ("Accept", b"text/html"),
    ("Authorization", b"Basic \xe9\xe9"),
    ("Authorization", b"Basic Og=="),
    ("Authorization", b"Basic AAAAOgA="),
    ("Authorization", b"Bearer \xe9.\xe9.\xe9"),
    ("Authorization", b"Bearer e30.e30.e30"),
    ("Authorization", b"Bearer bnVsbA.bnVsbA.bnVsbA"),
    ("Authorization", b"Bearer W10.W10.W10"),
    ("Content-Type", b"application/json; charset=utf-16"),
    ("Content-Type", b"\xff"),
    ("Content-Length", b"-1"),
)
FORMS = (
    b"grant_type=client_credentials&client_id=%00&client_secret=x",
    b"grant_type=client_credentials&client_id=%ff&client_secret=%ed%a0%80",
    b"grant_type=client_credentials&client_id=a&client_secret=b&client_id=c",
    b"grant_type=%F0%9F%98%80",
    b"\xff\xfe&&&===",
    b"grant_type=client_credentials&client_id=" + b"x" * 9000 + b"&client_secret=y",
    b"&".join(b"a%d=1" % n for n in range(3000)),
)


@dataclass(frozen=True)
class Attempt:
    """One request."""

    method: str
    path: str
    content: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    scope: str | None  # the permission it needs; None: nobody in particular


class Fuzzer:
    """Makes requests up, the same ones for the same seed; `ids` are those of real things."""

    def __init__(self, document: Schema, ids: Mapping[str, str], seed: int) -> None:
        self.chance = random.Random(seed)
        self._document = document
        self._ids = ids
        self._operations = [
            (method.upper(), path, operation)
            for path, item in sorted(document["paths"].items())
            for method, operation in sorted(item.items())
            if path != "/v1/stream"  # lasts; it has tests of its own
        ]

    def attempts(self, count: int) -> Iterator[Attempt]:
        """Yield so many requests."""
        for _ in range(count):
            yield self.attempt()

    def attempt(self) -> Attempt:
        """Return one request to any operation."""
        method, path, operation = self.chance.choice(self._operations)
        address = self._address(path, operation)
        headers: list[tuple[str, bytes]] = []
        if self.chance.random() < 0.08:
            headers.append(self.chance.choice(ODD_HEADERS))
        content = self._body(operation)
        if path == "/oauth/token":
            content = self.chance.choice(FORMS)
            headers.append(("Content-Type", b"application/x-www-form-urlencoded"))
        elif content is not None and not any(name == "Content-Type" for name, _ in headers):
            headers.append(("Content-Type", b"application/json"))
        scopes = [scope for each in operation.get("security", ()) for scope in each["oauth2"]]
        return Attempt(method, address, content, tuple(headers), scopes[0] if scopes else None)

    def _address(self, path: str, operation: Schema) -> str:
        query = []
        for parameter in operation.get("parameters", ()):
            name = parameter["name"]
            if parameter["in"] == "path":
                known = [it for key, it in self._ids.items() if key.endswith(name)]
                odd = self.chance.random() < 0.08
                path = path.replace(f"{{{name}}}", self.chance.choice(ODD_PATHS if odd else known))
            elif parameter["in"] == "query" and self.chance.random() < 0.4:
                query.append(f"{name}={self._query_value(parameter['schema'])}")
        if query and self.chance.random() < 0.2:
            query.append(self.chance.choice(query))
        return path + ("?" + "&".join(query) if query else "")

    def _query_value(self, schema: Schema) -> str:
        if self.chance.random() < 0.4:
            return self.chance.choice(
                (*ODD_PATHS, "b3JnXzA", "b3JnX-k", "MTI", "LTE", "wrI", "OTk5")
            )
        value = self._value(schema)
        if value is None:
            value = self.chance.choice(sorted(self._ids.values()))
        return quote(str(value).encode("utf-8", "replace"))

    def _body(self, operation: Schema) -> bytes | None:
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            return None
        body = self._value(media["schema"])
        holes: list[str] = []
        if self.chance.random() < 0.6:
            body = self._spoilt(body, holes)
        text = json.dumps(body)
        for number, raw in enumerate(holes):
            text = text.replace(f'"hole-{number}"', raw, 1)
        content = text.encode()
        if self.chance.random() < 0.03:
            cut = self.chance.randrange(len(content) + 1)
            content = content[:cut] + self.chance.randbytes(2) + content[cut:]
        return content

    def _spoilt(self, body: Any, holes: list[str]) -> Any:
        """Return the body with something odd at one or two places in it."""
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            places = list(_places(body))
            if not places:
                return self._odd(holes)
            container, name = self.chance.choice(places)
            act = self.chance.random()
            if act < 0.08 and isinstance(container, dict):
                del container[name]
            elif act < 0.16 and isinstance(container, dict):
                container[self.chance.choice(("extra", "\ud800", "", "x" * 300, "a.b"))] = 1
            else:
                container[name] = self._odd(holes)
        return body

    def _odd(self, holes: list[str]) -> Any:
        if self.chance.random() < 0.25:
            holes.append(self.chance.choice(RAW))
            return f"hole-{len(holes) - 1}"
        return json.loads(json.dumps(self.chance.choice(ODD)))

    def _value(self, schema: Schema, depth: int = 0) -> Any:
        """Return a value that fits the schema, more or less."""
        schema = self._resolved(schema)
        for choices in ("anyOf", "oneOf"):
            if choices in schema:
                return self._value(self.chance.choice(schema[choices]), depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        makers: Mapping[str, Callable[[Schema, int], Any]] = {
            "object": self._object,
            "array": self._array,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda _schema, _depth: self.chance.random() < 0.5,
            "string": self._text,
        }
        make = makers.get(schema.get("type", ""))
        return None if make is None else make(schema, depth)

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def _object(self, schema: Schema, depth: int) -> Any:
        required = schema.get("required", ())
        made = {
            name: self._value(inner, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in required or self.chance.random() < 0.5
        }
        if isinstance(schema.get("additionalProperties"), dict):
            name = self.chance.choice(("muster.matching.offer.sent.v1", "nonsense"))
            made[name] = self._value(schema["additionalProperties"], depth + 1)
        if {"starts_at", "ends_at"} <= set(made) and self.chance.random() < 0.8:
            made |= {"starts_at": "2026-03-03T08:00:00Z", "ends_at": "2026-03-03T20:00:00Z"}
        return made

    def _array(self, schema: Schema, depth: int) -> Any:
        least = schema.get("minItems", 0)
        count = least if depth > 4 else least + self.chance.choice((0, 0, 1, 2))
        return [self._value(schema["items"], depth + 1) for _ in range(count)]

    def _integer(self, schema: Schema, _depth: int) -> int:
        low = int(schema.get("minimum", 0))
        high = int(schema.get("maximum", low + 10))
        return self.chance.choice((low, high, min(high, low + self.chance.randint(0, 10))))

    def _number(self, schema: Schema, _depth: int) -> float:
        low = float(schema.get("minimum") or schema.get("exclusiveMinimum") or 0)
        high = float(schema.get("maximum", low + 100))
        return self.chance.choice((high, low + (high - low) * self.chance.random()))

    def _text(self, schema: Schema, _depth: int) -> str:
        if examples := schema.get("examples"):
            return str(self.chance.choice(examples))
        if schema.get("format") == "date-time":
            return self.chance.choice(
                (
                    *("2026-03-02T07:00:00Z", "2026-03-01T22:00:00+07:00") * 3,
                    "2026-03-04T07:00:00+07:00",
                    "0001-01-01T00:00:00+14:00",
                    "9999-12-31T23:59:59-14:00",
                    "9999-12-31T23:59:59Z",
                    "0001-01-01T00:00:00Z",
                )
            )
        if "pattern" in schema:
            return {"^[A-Z]{3}$": "USD"}.get(schema["pattern"], "angkor_guard")
        return self.chance.choice(("km", "en", "Phnom Penh", *self._ids.values()))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of everything within."""
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        return
    for name, part in parts:
        yield value, name
        yield from _places(part)
