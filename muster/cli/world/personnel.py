"""Who the guards of a company are: their nationalities, and the licences they hold themselves."""

import random
from collections.abc import Mapping

from muster.cli.world.plans import Body

# Countries whose companies also employ people of a neighbour, as their law lets them.
_BESIDES: Mapping[str, str] = {"MY": "NP", "SG": "MY"}
_LICENCES: Mapping[str, str] = {
    "BD": "BD-guard",
    "CN": "CN-guard",
    "HK": "HK-A",
    "IN": "IN-guard",
    "KR": "KR-guard",
    "MY": "MY-guard",
    "SG": "SG-officer",
    "VN": "VN-guard",
}
_ARMED_LICENCES: Mapping[str, str] = {
    "CN": "CN-armed",
    "HK": "HK-C",
    "IN": "IN-armed",
    "MY": "MY-armed",
}
_SAYS_NOTHING = 0.05  # of the companies that leave it out, so that an operator has to ask


def people_of(country: str, *, armed: bool, rng: random.Random) -> Body:
    """Return what a company of this country says of its guards, if it says anything."""
    besides = _BESIDES.get(country)
    both = rng.random() < 0.4
    if rng.random() < _SAYS_NOTHING:
        return {}
    licences = {_LICENCES.get(country), _ARMED_LICENCES.get(country) if armed else None}
    return {
        "nationalities": sorted({country, besides} if besides and both else {country}),
        "personnel_licences": sorted(each for each in licences if each),
    }
