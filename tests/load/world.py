"""The small alliance a load is put on, and what is asked of it.

All of it is in Singapore, where the rules are sure: no operator has to be asked.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from muster.cli.world.members import organisation
from muster.cli.world.papers import PaperBook
from muster.cli.world.plans import Body, MemberPlan, place, window

HOST = "SG"
SINGAPORE = place(HOST, "Singapore", 1.29, 103.85)
PLENTY = 500  # units of a capability nobody has to contend for
_KINDS = ("guards", "vehicles", "medical_rescue")
_SLOTS = 200  # windows that begin at different times

Profile = Callable[[int, str], Body]  # (number, reference) -> body of a request


def providers(count: int, scarce: int, seed: int) -> list[MemberPlan]:
    """Return the providers; all have guards and vehicles, one has `scarce` medical teams."""
    rng = random.Random(seed)
    return [_provider(number, scarce if number == 0 else 0, rng) for number in range(count)]


def enterprises(count: int, first_number: int) -> list[MemberPlan]:
    """Return who asks."""
    return [
        MemberPlan(
            number=number,
            role="enterprise",
            home_country=HOST,
            organisation=organisation(
                number, f"Load Enterprise {number}", HOST, "enterprise", "load.example"
            ),
        )
        for number in range(first_number, first_number + count)
    ]


@dataclass(frozen=True)
class Usual:
    """Two guards and a vehicle, at one of many times; each `scarce_every`-th request asks for a
    medical team instead, all for the same time, so that most of these cannot be had at once."""

    scarce_every: int = 0

    def __call__(self, number: int, reference: str) -> Body:
        """Return the body of a request."""
        scarce = self.scarce_every and number % self.scarce_every == self.scarce_every - 1
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        slot = 0 if scarce else 1 + number % _SLOTS
        starts_at = midnight + timedelta(days=2, hours=slot)
        return {
            "reference": reference,
            "place": SINGAPORE,
            "window": window(starts_at, starts_at + timedelta(hours=4)),
            "principal": {"name": "Visiting engineer"},
            "terms": {"auto_approve": True},
            "needs": _A_MEDICAL_TEAM if scarce else _GUARDS_AND_A_CAR,
        }


_GUARDS_AND_A_CAR: Sequence[Body] = (
    {
        "quantity": 2,
        "required": {"kind": "guards", "skills": ["close_protection"], "languages": ["en"]},
    },
    {"quantity": 1, "required": {"kind": "vehicles", "armour": "B6", "seats": 4}},
)
_A_MEDICAL_TEAM: Sequence[Body] = (
    {"quantity": 1, "required": {"kind": "medical_rescue", "level": 2, "transport": "ground"}},
)


def _provider(number: int, scarce: int, rng: random.Random) -> MemberPlan:
    now = datetime.now(UTC)
    book = PaperBook(number, now, now + timedelta(days=1000), rng)
    guards: Body = {
        "kind": "guards",
        "skills": ["close_protection"],
        "languages": ["en"],
        "armed": False,
        "environments": ["land"],
        "nationalities": [HOST],
        "personnel_licences": ["SG-officer"],
    }
    vehicles: Body = {"kind": "vehicles", "armour": "B6", "seats": 5, "environment": "land"}
    offered = [_capability(guards, PLENTY, number), _capability(vehicles, PLENTY, number)]
    if scarce:
        medical: Body = {"kind": "medical_rescue", "level": 3, "transports": ["ground"]}
        offered.append(_capability(medical | {"languages": ["en"]}, scarce, number))
    return MemberPlan(
        number=number,
        role="provider",
        home_country=HOST,
        organisation=organisation(
            number, f"Load Provider {number}", HOST, "provider", "load.example"
        ),
        authorisations=(
            book.licence(HOST, _KINDS),
            book.icoca(),
            book.certificate("ISO 18788"),
            book.policy(5_000_000, [HOST]),
        ),
        capabilities=tuple(offered),
    )


def _capability(attributes: Body, capacity: int, number: int) -> Body:
    return {
        "name": f"{attributes['kind']} of {number}",
        "attributes": attributes,
        "capacity": capacity,
        "base": SINGAPORE,
        "coverage": {"countries": [HOST]},
        "lead_time_minutes": 30,
        "price": {"amount": {"minor_units": 40_000, "currency": "USD"}, "per": "day"},
    }
