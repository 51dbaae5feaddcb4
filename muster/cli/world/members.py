"""The member organisations of the alliance, drawn from a seed."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from muster.cli.world.capabilities import capability
from muster.cli.world.papers import PaperBook
from muster.cli.world.places import ARMED_GUARDING, HOMES, NEIGHBOURS, Atlas, City
from muster.cli.world.plans import Body, MemberPlan

_VALID_FOR = timedelta(days=5 * 365)
# What kinds a company of each trade holds, most of first; every country gets them in this order.
_TRADES: Sequence[tuple[str, tuple[str, ...]]] = (
    ("Security", ("guards", "vehicles")),
    ("Risk Intelligence", ("intelligence", "crisis_management")),
    ("Insurance", ("insurance",)),
    ("Medical Rescue", ("medical_rescue",)),
    ("Protection", ("guards", "vehicles", "guards")),
    ("Crisis Consultants", ("crisis_management", "intelligence")),
    ("Guarding", ("guards", "guards", "vehicles")),
    ("Assistance", ("medical_rescue", "crisis_management", "vehicles")),
    ("Armoured Transport", ("vehicles", "guards")),
)
_STANDARDS: Mapping[str, str] = {"guards": "ISO 18788", "vehicles": "ISO 18788"}
_INDUSTRIES = (
    "Mining",
    "Logistics",
    "Textiles",
    "Energy",
    "Telecom",
    "Shipping",
    "Railway",
    "Bank",
)
# Where guards of a foreign company may serve only through a local firm that it holds a share of.
_LOCAL_FIRMS_ONLY = frozenset({"IN", "VN"})
_JOINT_VENTURES: Mapping[tuple[str, str], str] = {("KH", "Security"): "VN"}
# Companies that are licensed abroad but not at home, where the gate has to turn them away.
_ONLY_ABROAD = frozenset({("SG", "Guarding"), ("HK", "Guarding")})
_LEAVE_TO_SERVE_ABROAD = frozenset({"IN"})  # home states that have to permit it
_CONFLICT_EVERY = 5  # enterprises
_MIN_PER_COUNTRY = 5  # members a country needs so that all kinds but the rarest are at home there


def homes_for(providers: int) -> tuple[str, ...]:
    """Return the countries that so many providers can fill without leaving gaps in kinds."""
    return HOMES[: max(1, min(len(HOMES), providers // _MIN_PER_COUNTRY))]


def provider_plans(
    count: int, capabilities: int, now: datetime, atlas: Atlas, rng: random.Random
) -> tuple[MemberPlan, ...]:
    """Draw the providers and share this many capabilities out among them."""
    homes = homes_for(count)
    plans = []
    for number in range(count):
        share = capabilities // count + (1 if number < capabilities % count else 0)
        home = homes[number % len(homes)]
        trade, kinds = _TRADES[number // len(homes) % len(_TRADES)]
        plans.append(_provider(number, home, trade, kinds, share, now, atlas, rng))
    return tuple(plans)


def enterprise_plans(count: int, first_number: int, homes: Sequence[str]) -> tuple[MemberPlan, ...]:
    """Return the organisations that will ask for protection."""
    return tuple(
        MemberPlan(
            number=first_number + index,
            role="enterprise",
            home_country=homes[index % len(homes)],
            organisation=organisation(
                first_number + index,
                f"{_INDUSTRIES[index % len(_INDUSTRIES)]} Enterprise {index + 1}",
                homes[index % len(homes)],
                "enterprise",
            ),
        )
        for index in range(count)
    )


def conflicts_among(
    enterprises: Sequence[MemberPlan], providers: Sequence[MemberPlan]
) -> tuple[tuple[MemberPlan, MemberPlan], ...]:
    """Return pairs that must not work together: some enterprises, and a provider of their home."""
    return tuple(
        (enterprise, next(p for p in providers if p.home_country == enterprise.home_country))
        for enterprise in enterprises[_CONFLICT_EVERY - 1 :: _CONFLICT_EVERY]
    )


def _provider(
    number: int,
    home: str,
    trade: str,
    kinds: Sequence[str],
    share: int,
    now: datetime,
    atlas: Atlas,
    rng: random.Random,
) -> MemberPlan:
    served = (home, *NEIGHBOURS[home][:2])
    venture = _JOINT_VENTURES.get((home, trade))
    closed = _LOCAL_FIRMS_ONLY - {home, venture}
    guarded = [country for country in served if country not in closed]
    cities = atlas.of(home)
    offered = [kinds[index % len(kinds)] for index in range(share)]
    return MemberPlan(
        number=number,
        role="provider",
        home_country=home,
        organisation=organisation(
            number, f"{_city(cities, number).name} {trade}", home, "provider"
        ),
        authorisations=_papers(PaperBook(number, now, now + _VALID_FOR, rng), served, trade, kinds),
        capabilities=tuple(
            capability(
                kind,
                _city(cities, number + index),
                guarded if kind == "guards" else served,
                rng,
            )
            for index, kind in enumerate(offered)
        ),
    )


def _city(cities: Sequence[City], index: int) -> City:
    # Half of the work is in the largest cities, as it is in life.
    return cities[index % len(cities) if index % 2 else index % min(3, len(cities))]


def _papers(
    book: PaperBook, served: Sequence[str], trade: str, kinds: Sequence[str]
) -> tuple[Body, ...]:
    home, *abroad = served
    activities = sorted(set(kinds))
    armed = home in ARMED_GUARDING and "guards" in kinds
    licences = [] if (home, trade) in _ONLY_ABROAD else [book.licence(home, activities)]
    permits = [book.licence(country, activities, kind="permit") for country in abroad]
    if home in _LEAVE_TO_SERVE_ABROAD:
        permits.append(book.leave_abroad(home, activities, abroad, armed=armed))
    venture = _JOINT_VENTURES.get((home, trade))
    standards = sorted({_STANDARDS[kind] for kind in kinds if kind in _STANDARDS})
    return (
        *licences,
        *permits,
        *([book.joint_venture(venture)] if venture else []),
        book.icoca(armed=armed),
        *(book.certificate(standard) for standard in standards),
        book.policy(5_000_000, served, armed=armed),
    )


def organisation(
    number: int, name: str, home: str, role: str, domain: str = "demo-alliance.example"
) -> Body:
    """Return an application for membership, with mailboxes under a domain that nobody owns."""
    mailbox = f"m{number:03d}.{domain}"
    return {
        "name": f"{name} ({home})",
        "home_country": home,
        "roles": [role],
        "operations_email": f"operations@{mailbox}",
        "emergency_email": f"emergency@{mailbox}",
        "registration_number": f"{home}{100_000 + number}",
    }
