"""One seed, one alliance: the same numbers always draw the same world."""

import random
from datetime import datetime

from muster.cli.world.members import conflicts_among, enterprise_plans, homes_for, provider_plans
from muster.cli.world.places import load_atlas
from muster.cli.world.plans import WorldPlan
from muster.cli.world.requests import request_plans

_MEMBERS_PER_ENTERPRISE = 8


def generate_world(
    seed: int, now: datetime, members: int = 120, capabilities: int = 600, requests: int = 300
) -> WorldPlan:
    """Draw an alliance of so many members (an eighth of them ask, the others provide)."""
    if members < 2:
        raise ValueError(f"{members} members are too few: one must ask and one must provide")
    enterprises = max(1, members // _MEMBERS_PER_ENTERPRISE)
    providers = members - enterprises
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose, guards nothing
    atlas = load_atlas()
    homes = homes_for(providers)
    those_who_provide = provider_plans(providers, capabilities, now, atlas, rng)
    those_who_ask = enterprise_plans(enterprises, providers, homes)
    return WorldPlan(
        providers=those_who_provide,
        enterprises=those_who_ask,
        conflicts=conflicts_among(those_who_ask, those_who_provide),
        requests=request_plans(requests, enterprises, homes, atlas, rng),
    )
