"""The simulated maritime members: who can serve at sea, from which ports, off which coasts."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from muster.cli.world.members import organisation
from muster.cli.world.papers import PaperBook
from muster.cli.world.personnel import people_of
from muster.cli.world.places import City, find_cities, languages_of
from muster.cli.world.plans import Body, MemberPlan, WorldPlan, dollars

_PORTS: Sequence[tuple[str, str]] = (
    ("SG", "Singapore"),
    ("MY", "Johor Bahru"),
    ("MY", "Klang"),
    ("IN", "Mumbai"),
    ("IN", "Chennai"),
    ("BD", "Chattogram"),
    ("VN", "Haiphong"),
    ("VN", "Ho Chi Minh City"),
    ("CN", "Shanghai"),
    ("CN", "Shenzhen"),
    ("KR", "Busan"),
    ("HK", "Hong Kong"),
    ("KH", "Sihanoukville"),
    ("MO", "Macau"),
)
# Coasts off which a port's companies hold permits, besides their own.
_COASTS: Mapping[str, tuple[str, ...]] = {
    "BD": ("MM", "IN"),
    "CN": ("VN", "HK"),
    "HK": ("CN", "PH"),
    "IN": ("LK", "MV", "BD"),
    "KH": ("TH", "VN"),
    "KR": ("CN",),
    "MO": ("CN", "HK"),
    "MY": ("SG", "ID", "TH", "PH"),
    "SG": ("MY", "ID"),
    "VN": ("KH", "PH"),
}
# Incidents of three decades are shifted as one, so the last of them lie that far ahead.
_VALID_FOR = timedelta(days=45 * 365)
_ENTERPRISES = 8
_DOMAIN = "replay-alliance.example"

_Trade = tuple[str, tuple[Body, ...]]


def fleet(seed: int, now: datetime) -> WorldPlan:
    """Draw the members: at each port a maritime company, an insurer and an intelligence desk."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose, guards nothing
    ports = find_cities(_PORTS)
    providers: list[MemberPlan] = []
    for port in ports:
        for name, offered in _trades(port, rng):
            providers.append(_provider(len(providers), port, name, offered, now, rng))
    count = len(providers)
    enterprises = tuple(
        MemberPlan(
            number=count + index,
            role="enterprise",
            home_country=ports[index].country,
            organisation=organisation(
                count + index,
                f"{ports[index].name} Shipping",
                ports[index].country,
                "enterprise",
                _DOMAIN,
            ),
        )
        for index in range(_ENTERPRISES)
    )
    return WorldPlan(tuple(providers), enterprises)


def _provider(
    number: int,
    port: City,
    name: str,
    offered: tuple[Body, ...],
    now: datetime,
    rng: random.Random,
) -> MemberPlan:
    book = PaperBook(number, now, now + _VALID_FOR, rng)
    kinds = sorted({str(_attributes(body)["kind"]) for body in offered})
    abroad = _COASTS[port.country]
    at_sea = {"guards", "vehicles"} & set(kinds)
    return MemberPlan(
        number=number,
        role="provider",
        home_country=port.country,
        organisation=organisation(number, f"{port.name} {name}", port.country, "provider", _DOMAIN),
        authorisations=(
            book.sea_licence(port.country, kinds, "licence"),
            *(book.sea_licence(country, kinds, "permit") for country in abroad),
            # Some home states have to permit service abroad.
            book.leave_abroad(port.country, kinds, abroad, armed=True),
            *(_sea_standing(book, (port.country, *abroad)) if at_sea else ()),
        ),
        capabilities=offered,
    )


def _sea_standing(book: PaperBook, served: Sequence[str]) -> tuple[Body, ...]:
    """Return what those who serve armed at sea need besides: standard, standing and cover."""
    return (
        book.certificate("ISO 28007"),
        book.icoca(armed=True),
        book.policy(10_000_000, served, armed=True),
    )


def _trades(port: City, rng: random.Random) -> tuple[_Trade, ...]:
    served = sorted({port.country, *_COASTS[port.country]})
    languages = languages_of(port.country)
    guards: Body = {
        "kind": "guards",
        "skills": ["maritime_security", "first_aid"],
        "languages": languages,
        "armed": True,
        "environments": ["sea"],
        **people_of(port.country, armed=True, rng=rng),
    }
    vessels: Body = {"kind": "vehicles", "environment": "sea", "seats": 12}
    cover: Body = {
        "kind": "insurance",
        "lines": ["kidnap_ransom", "war_risk"],
        "limit": dollars(50_000_000),
        "territory": served,
    }
    desk: Body = {
        "kind": "intelligence",
        "products": ["threat_assessment", "route_survey"],
        "turnaround_hours": 24,
        "languages": languages,
    }
    return (
        (
            "Maritime Security",
            (
                _offer(port, served, "Sea guards", guards, 120, 60, "hour"),
                _offer(port, served, "Escort vessels", vessels, 30, 4_000, "day"),
            ),
        ),
        ("Marine Insurance", (_offer(port, served, "Ransom cover", cover, 500, 5_000, "job"),)),
        ("Maritime Desk", (_offer(port, served, "Maritime desk", desk, 100, 900, "job"),)),
    )


def _offer(
    port: City,
    served: Sequence[str],
    name: str,
    attributes: Body,
    capacity: int,
    rate: int,
    per: str,
) -> Body:
    return {
        "name": f"{name} {port.name}",
        "attributes": attributes,
        "capacity": capacity,
        "base": port.place,
        "coverage": {"countries": list(served)},
        "lead_time_minutes": 60,
        "price": {"amount": dollars(rate), "per": per},
    }


def _attributes(body: Body) -> Body:
    found = body["attributes"]
    assert isinstance(found, dict)
    return found
