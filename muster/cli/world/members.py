"""The member organisations of the alliance, drawn from a seed."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from muster.cli.world.capabilities import capability
from muster.cli.world.papers import PaperBook
from muster.cli.world.places import HOMES, NEIGHBOURS, Atlas, City
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
    cities = atlas.of(home)
    offered = [kinds[index % len(kinds)] for index in range(share)]
    return MemberPlan(
        number=number,
        role="provider",
        home_country=home,
        organisation=organisation(
            number, f"{_city(cities, number).name} {trade}", home, "provider"
        ),
        authorisations=_papers(PaperBook(number, now, now + _VALID_FOR, rng), served, kinds),
        capabilities=tuple(
            capability(kind, _city(cities, number + index), served, rng)
            for index, kind in enumerate(offered)
        ),
    )


def _city(cities: Sequence[City], index: int) -> City:
    # Half of the work is in the largest cities, as it is in life.
    return cities[index % len(cities) if index % 2 else index % min(3, len(cities))]


def _papers(book: PaperBook, served: Sequence[str], kinds: Sequence[str]) -> tuple[Body, ...]:
    home, *abroad = served
    licences = [book.licence(home, sorted(set(kinds)))]
    permits = [book.licence(country, sorted(set(kinds)), kind="permit") for country in abroad]
    standards = sorted({_STANDARDS[kind] for kind in kinds if kind in _STANDARDS})
    certificates = [book.certificate(standard) for standard in standards]
    return (*licences, *permits, book.icoca(), *certificates, book.policy(5_000_000, served))


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
