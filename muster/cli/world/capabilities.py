"""Capabilities of the six kinds, with attributes that make sense for who offers them and where."""

import random
from collections.abc import Callable, Mapping, Sequence

from muster.cli.world.personnel import people_of
from muster.cli.world.places import ARMED_GUARDING, City, languages_of
from muster.cli.world.plans import Body, dollars

Draw = Callable[[random.Random, str, Sequence[str]], tuple[Body, int, int]]

_GUARD_SKILLS = ("event_security", "convoy_escort", "first_aid", "residential_security", "k9")
_LIMITS_USD = (5_000_000, 10_000_000, 25_000_000, 50_000_000)
_CRISIS = ("response_consultant", "negotiation", "evacuation_planning", "hotline")
_PRODUCTS = ("threat_assessment", "route_survey", "incident_briefing", "monitoring")
_TITLES: Mapping[str, str] = {
    "guards": "Close protection team",
    "vehicles": "Armoured vehicles",
    "insurance": "Special risks cover",
    "intelligence": "Intelligence desk",
    "crisis_management": "Crisis response team",
    "medical_rescue": "Medical rescue team",
}
_LEAD_MINUTES: Mapping[str, tuple[int, ...]] = {
    "guards": (20, 30, 45),
    "vehicles": (20, 30, 45),
    "insurance": (5, 10, 15),
    "intelligence": (5, 10),
    "crisis_management": (10, 15),
    "medical_rescue": (10, 15, 20),
}
_PRICE_PER: Mapping[str, str] = {"insurance": "job", "intelligence": "job", "vehicles": "day"}


def _guards(rng: random.Random, country: str, _: Sequence[str]) -> tuple[Body, int, int]:
    armed = country in ARMED_GUARDING and rng.random() < 0.6
    attributes: Body = {
        "kind": "guards",
        "skills": sorted({"close_protection", *rng.sample(_GUARD_SKILLS, 2)}),
        "languages": languages_of(country),
        "armed": armed,
        "environments": ["land"],
        **people_of(country, armed=armed, rng=rng),
    }
    return attributes, rng.randrange(12, 41, 4), rng.randrange(15, 60)


def _vehicles(rng: random.Random, _: str, __: Sequence[str]) -> tuple[Body, int, int]:
    attributes: Body = {
        "kind": "vehicles",
        "armour": rng.choice(["B4", "B6", "B6", "B7"]),
        "seats": rng.choice([4, 5, 7]),
        "environment": "land",
    }
    return attributes, rng.randrange(6, 17, 2), rng.randrange(300, 900, 50)


def _insurance(rng: random.Random, _: str, served: Sequence[str]) -> tuple[Body, int, int]:
    others = rng.sample(["medical_evacuation", "war_risk", "liability"], 2)
    attributes: Body = {
        "kind": "insurance",
        "lines": sorted({"kidnap_ransom", *others}),
        "limit": dollars(rng.choice(_LIMITS_USD)),
        "territory": sorted(served),
    }
    return attributes, rng.randrange(40, 120, 10), rng.randrange(2_000, 9_000, 250)


def _intelligence(rng: random.Random, country: str, _: Sequence[str]) -> tuple[Body, int, int]:
    attributes: Body = {
        "kind": "intelligence",
        "products": sorted({"threat_assessment", *rng.sample(_PRODUCTS[1:], 2)}),
        "turnaround_hours": rng.choice([6, 12, 24]),
        "languages": languages_of(country),
    }
    return attributes, rng.randrange(20, 50, 5), rng.randrange(800, 4_000, 100)


def _crisis(rng: random.Random, country: str, _: Sequence[str]) -> tuple[Body, int, int]:
    attributes: Body = {
        "kind": "crisis_management",
        "services": sorted({"response_consultant", *rng.sample(_CRISIS[1:], 2)}),
        "languages": languages_of(country),
    }
    return attributes, rng.randrange(12, 30, 2), rng.randrange(100, 400, 25)


def _medical(rng: random.Random, country: str, _: Sequence[str]) -> tuple[Body, int, int]:
    attributes: Body = {
        "kind": "medical_rescue",
        "level": rng.choice([2, 3, 3, 4]),
        "transports": sorted({"ground", *rng.sample(["air", "sea"], 1)}),
        "languages": languages_of(country),
    }
    return attributes, rng.randrange(8, 24, 2), rng.randrange(80, 300, 20)


_DRAWS: Mapping[str, Draw] = {
    "guards": _guards,
    "vehicles": _vehicles,
    "insurance": _insurance,
    "intelligence": _intelligence,
    "crisis_management": _crisis,
    "medical_rescue": _medical,
}


def capability(kind: str, base: City, served: Sequence[str], rng: random.Random) -> Body:
    """Return one capability of this kind, based in a city and serving these countries."""
    attributes, capacity, rate = _DRAWS[kind](rng, base.country, served)
    return {
        "name": f"{_TITLES[kind]} {base.name}",
        "attributes": attributes,
        "capacity": capacity,
        "base": base.place,
        "coverage": {"countries": sorted(served)},
        "lead_time_minutes": rng.choice(_LEAD_MINUTES[kind]),
        "price": {"amount": dollars(rate), "per": _PRICE_PER.get(kind, "hour")},
    }
