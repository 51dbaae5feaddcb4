"""What enterprises ask for: needs of every kind, and mixes of them that belong together."""

import random
from collections.abc import Callable, Mapping, Sequence

from muster.cli.world.places import LANGUAGES
from muster.cli.world.plans import Body, dollars

Drawn = Callable[[random.Random, str], Body]

_MIXES: Sequence[tuple[str, ...]] = (
    ("guards", "vehicles", "insurance", "intelligence"),
    ("guards", "vehicles"),
    ("guards",),
    ("guards", "insurance"),
    ("intelligence",),
    ("vehicles", "guards", "medical_rescue"),
    ("crisis_management", "insurance"),
    ("medical_rescue",),
    ("guards", "vehicles", "intelligence", "crisis_management", "medical_rescue"),
    ("insurance", "intelligence"),
)


def need(
    quantity: int, required: Body, preferred: Body | None = None, optional: bool = False
) -> Body:
    """Return one need as the API reads it."""
    body: Body = {"quantity": quantity, "required": required}
    if preferred is not None:
        body["preferred"] = preferred
    if optional:
        body["optional"] = True
    return body


def is_armed(need: Body) -> bool:
    """Tell whether a need asks for armed people."""
    required = need["required"]
    assert isinstance(required, dict)
    return bool(required.get("armed"))


def example_needs() -> list[Body]:
    """Return four guards with Khmer and English, two B6 vehicles, ransom cover, an assessment."""
    return [
        need(4, _guards_required(["km", "en"])),
        need(2, {"kind": "vehicles", "armour": "B6", "seats": 4}),
        need(1, {"kind": "insurance", "line": "kidnap_ransom", "limit": dollars(5_000_000)}),
        need(1, {"kind": "intelligence", "product": "threat_assessment", "within_hours": 24}),
    ]


def draw_needs(number: int, country: str, rng: random.Random) -> list[Body]:
    """Draw one to five needs for a place in this country."""
    needs = [_DRAWS[kind](rng, country) for kind in _MIXES[number % len(_MIXES)]]
    needs[0].pop("optional", None)  # something must be asked for
    return needs


def _guards_required(languages: Sequence[str], armed: bool = False) -> Body:
    return {
        "kind": "guards",
        "skills": ["close_protection"],
        "languages": sorted(languages),
        "armed": armed,
    }


def armed_guards(quantity: int) -> Body:
    """Return a need for armed close protection."""
    return need(quantity, _guards_required(["en"], armed=True))


def _guards(rng: random.Random, country: str) -> Body:
    languages = [LANGUAGES[country][0], "en"] if rng.random() < 0.5 else ["en"]
    required = _guards_required(languages)
    preferred = {**required, "skills": ["close_protection", "first_aid"]}
    return need(rng.randrange(2, 9), required, preferred if rng.random() < 0.3 else None)


def _vehicles(rng: random.Random, _: str) -> Body:
    armour = rng.choice(["none", "B4", "B6", "B6"])
    return need(rng.randrange(1, 4), {"kind": "vehicles", "armour": armour, "seats": 4})


def _insurance(rng: random.Random, _: str) -> Body:
    limit = rng.choice([1_000_000, 5_000_000, 5_000_000, 10_000_000])
    return need(1, {"kind": "insurance", "line": "kidnap_ransom", "limit": dollars(limit)})


def _intelligence(rng: random.Random, _: str) -> Body:
    hours = rng.choice([24, 48, 72])
    return need(1, {"kind": "intelligence", "product": "threat_assessment", "within_hours": hours})


def _crisis(_: random.Random, __: str) -> Body:
    return need(1, {"kind": "crisis_management", "service": "response_consultant"})


def _medical(rng: random.Random, _: str) -> Body:
    optional = rng.random() < 0.2
    return need(1, {"kind": "medical_rescue", "level": 2, "transport": "ground"}, optional=optional)


_DRAWS: Mapping[str, Drawn] = {
    "guards": _guards,
    "vehicles": _vehicles,
    "insurance": _insurance,
    "intelligence": _intelligence,
    "crisis_management": _crisis,
    "medical_rescue": _medical,
}
