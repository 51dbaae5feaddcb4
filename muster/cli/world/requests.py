"""The requests of the scenario: mixed needs, places and urgency; a few that cannot be filled."""

import random
from collections.abc import Sequence
from datetime import timedelta

from muster.cli.world.needs import armed_guards, draw_needs, example_needs, is_armed, need
from muster.cli.world.places import ARMED_GUARDING, Atlas, City
from muster.cli.world.plans import Body, RequestPlan, dollars

_IMPOSSIBLE_EVERY = 25
_CANCELLED_EVERY = 23
_ARMED_EVERY = 20
_UNPROVEN_EVERY = 140  # an armed request without the record it needs, which nobody may serve
_CLOSELY_WATCHED_EVERY = 12  # these teams must check in every ten seconds
_LEAD_HOURS = {"emergency": (1, 4), "urgent": (4, 24), "planned": (24, 144)}


def request_plans(
    count: int, enterprises: int, homes: Sequence[str], atlas: Atlas, rng: random.Random
) -> tuple[RequestPlan, ...]:
    """Draw the requests in the order in which they will be submitted."""
    return tuple(_request(number, enterprises, homes, atlas, rng) for number in range(count))


def _request(
    number: int, enterprises: int, homes: Sequence[str], atlas: Atlas, rng: random.Random
) -> RequestPlan:
    urgency = rng.choices(["emergency", "urgent", "planned"], weights=[20, 30, 50])[0]
    city, needs = _place_and_needs(number, homes, atlas, rng)
    armed = any(is_armed(each) for each in needs)
    low, high = _LEAD_HOURS[urgency]
    return RequestPlan(
        number=number,
        enterprise=number % enterprises,
        body={
            "reference": f"R{number + 1:04d}",
            "needs": needs,
            "place": city.place,
            "urgency": urgency,
            "terms": _terms(number, rng),
            "principal": _principal(number),
        },
        starts_in=timedelta(hours=rng.uniform(low, high), minutes=5),
        lasts=timedelta(hours=rng.choice([4, 8, 12, 24, 48])),
        cancel_after_seconds=_cancellation(number, rng),
        host_state_protection=_protection(number, city) if armed else None,
    )


def _place_and_needs(
    number: int, homes: Sequence[str], atlas: Atlas, rng: random.Random
) -> tuple[City, list[Body]]:
    if number == 0 and "KH" in homes:
        return atlas.of("KH")[0], example_needs()
    if number % _IMPOSSIBLE_EVERY == _IMPOSSIBLE_EVERY - 1:
        return _impossible(number // _IMPOSSIBLE_EVERY, atlas)
    armed_homes = [home for home in homes if home in ARMED_GUARDING]
    if armed_homes and number % _ARMED_EVERY == _ARMED_EVERY // 2:
        country = armed_homes[number // _ARMED_EVERY % len(armed_homes)]
        return atlas.of(country)[0], [armed_guards(rng.randrange(2, 7))]
    country = homes[rng.randrange(len(homes))]
    cities = atlas.of(country)
    city = cities[rng.randrange(min(len(cities), rng.choice([2, 8])))]
    return city, draw_needs(number, country, rng)


def _impossible(number: int, atlas: Atlas) -> tuple[City, list[Body]]:
    """Ask for what the alliance honestly cannot give: arms where barred, places without members."""
    macao, yangon, manila = (atlas.of(country)[0] for country in ("MO", "MM", "PH"))
    assessment: Body = {"kind": "intelligence", "product": "route_survey", "within_hours": 24}
    choices: Sequence[tuple[City, list[Body]]] = (
        (macao, [armed_guards(60)]),
        (yangon, [need(4, {"kind": "guards", "skills": ["close_protection"]})]),
        (manila, [need(1, assessment), need(1, {"kind": "vehicles", "armour": "B6"})]),
    )
    return choices[number % len(choices)]


def _protection(number: int, city: City) -> Body | None:
    """Return what the host state was asked and answered; now and then nobody asked it."""
    if number % _UNPROVEN_EVERY == _ARMED_EVERY // 2:
        return None
    return {
        "asked": f"Public security of {city.name}",
        "answer": "No officers can be spared for private persons.",
    }


def _terms(number: int, rng: random.Random) -> Body:
    terms: Body = {"auto_approve": rng.random() < 0.5}
    if number % _CLOSELY_WATCHED_EVERY == 0:
        terms["check_in_interval_seconds"] = 10
    if rng.random() < 0.2:
        terms["budget"] = dollars(5_000_000)
    return terms


def _principal(number: int) -> Body:
    return {
        "name": f"Principal {number + 1}",
        "contact": "duty desk of the enterprise",
        "instructions": "Meet at arrivals; use the agreed code word.",
    }


def _cancellation(number: int, rng: random.Random) -> float | None:
    return rng.uniform(0.2, 4.0) if number % _CANCELLED_EVERY == _CANCELLED_EVERY - 1 else None
