"""Value objects: places, windows, money. Plain frozen dataclasses, validated at the edges."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from muster.contracts.vocabulary.countries import Country
from muster.contracts.vocabulary.kinds import PriceUnit

# Read by pydantic where these classes stand in a model; plain data, so the domain stays plain.
STRICT = {"extra": "forbid"}

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius R1


# Control characters and line ends; not format characters, which Khmer and Nepali are written with.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The shape of a tag; whether there is such a language, nobody here knows.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def _language(tag: str) -> str:
    if _LANGUAGE.fullmatch(tag) is None:
        raise ValueError(
            f"{tag!r} is not a BCP 47 language tag; write one such as km, en or zh-Hant"
        )
    return tag


def one_line(text: str) -> str:
    """Return the text; raise ValueError if it is more than one line."""
    if _BREAKS.search(text):
        raise ValueError("write it in one line, without control characters")
    return text


# Goes into other people's e-mails and lists.
OneLine = Annotated[str, AfterValidator(one_line)]
Language = Annotated[str, Field(max_length=35), AfterValidator(_language)]
# Wide enough for any paper, and far enough from the ends of the calendar to reckon with.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _as_text(value: object) -> object:
    number = isinstance(value, int | float) or (
        isinstance(value, str) and value.strip(" +-").replace(".", "", 1).isdigit()
    )
    if number:  # seconds or milliseconds? nobody guesses about when a team is needed
        raise ValueError("write a time as text with offset, such as 2026-03-03T08:00:00+07:00")
    return value


def _within_reason(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise ValueError(
            f"{value.isoformat()} is out of range; write a time from {EARLIEST.year} on and before "
            f"{LATEST.year} (for what has no end: {LATEST.year - 1}-12-31T00:00:00Z)"
        )
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_within_reason)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]


@dataclass(frozen=True)
class Position:
    """A point on the WGS 84 ellipsoid, in decimal degrees."""

    __pydantic_config__: ClassVar = STRICT
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]

    def distance_km(self, other: "Position") -> float:
        """Return the great-circle distance in kilometres (haversine formula on the mean sphere)."""
        lat1, lat2 = math.radians(self.latitude), math.radians(other.latitude)
        half_lat = (lat2 - lat1) / 2
        half_lon = math.radians(other.longitude - self.longitude) / 2
        chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
        return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


@dataclass(frozen=True)
class Place:
    """Where something is: the country whose law applies, a point, and a name for people."""

    __pydantic_config__: ClassVar = STRICT
    country: Country
    position: Position
    name: Annotated[OneLine, Field(max_length=200)] = ""


@dataclass(frozen=True)
class Window:
    """A half-open span of time [starts_at, ends_at), with offsets."""

    __pydantic_config__: ClassVar = STRICT
    starts_at: Instant
    ends_at: Instant

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError(
                f"ends_at ({self.ends_at.isoformat()}) must be later than "
                f"starts_at ({self.starts_at.isoformat()})"
            )

    def overlaps(self, other: "Window") -> bool:
        """Tell whether the two spans share an instant."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: "Window") -> bool:
        """Tell whether the other span lies wholly within this one."""
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    def covers(self, instant: datetime) -> bool:
        """Tell whether the instant lies in this span."""
        return self.starts_at <= instant < self.ends_at


@dataclass(frozen=True)
class Money:
    """An amount in the currency's minor units (cents; VND and KRW have none)."""

    __pydantic_config__: ClassVar = STRICT
    minor_units: Annotated[int, Field(ge=0, le=10**15)]
    currency: Currency


@dataclass(frozen=True)
class Price:
    """What one unit of capacity costs for one unit of time, or for the whole job."""

    __pydantic_config__: ClassVar = STRICT
    amount: Money
    per: PriceUnit


@dataclass(frozen=True)
class Coverage:
    """Where a capability can serve: these countries, within this distance of its base."""

    __pydantic_config__: ClassVar = STRICT
    countries: Annotated[frozenset[Country], Field(min_length=1)]
    radius_km: Annotated[float, Field(gt=0, le=20038)] | None = None
