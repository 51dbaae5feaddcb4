"""Who is whose neighbour, among the members' countries and those that work passes through.

Land borders after the CIA World Factbook's field "Land boundaries"; the border between the two
Koreas is closed, so nobody comes to KR by land. The causeways MY-SG and the bridge HK-MO (open
since 2018) count as land, because one drives across. Sea crossings are regular ferry routes.
"""

from collections.abc import Mapping

from muster.contracts.vocabulary.countries import Country

_LAND = """
    CN-HK CN-IN CN-LA CN-MM CN-MO CN-NP CN-VN
    BD-IN BD-MM IN-MM IN-NP
    KH-LA KH-TH KH-VN LA-MM LA-TH LA-VN
    MM-TH MY-TH MY-SG HK-MO
"""
_FERRIES = "CN-KR"


def _neighbourhood(*pairs: str) -> Mapping[Country, frozenset[Country]]:
    found: dict[Country, set[Country]] = {}
    for pair in pairs:
        one, other = pair.split("-")
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {country: frozenset(others) for country, others in found.items()}


LAND_NEIGHBOURS = _neighbourhood(*_LAND.split())
NEIGHBOURS = _neighbourhood(*_LAND.split(), *_FERRIES.split())


def by_land(country: Country) -> frozenset[Country]:
    """Return from where one can drive to this country at once: itself and its land neighbours."""
    return LAND_NEIGHBOURS.get(country, frozenset()) | {country}
