"""Reading the file of incidents: one row at a time, and only the columns that are needed."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import pycountry

from muster.cli.errors import CannotRun

MISSING = ("NA", "")
_COLUMNS = (
    "date",
    "time",
    "longitude",
    "latitude",
    "attack_type",
    "nearest_country",
    "shore_distance",
)
_NOON = time(12, tzinfo=UTC)  # of the many rows that name a day but no hour

Row = Mapping[str, str | None]


class Impossible(ValueError):
    """A row that cannot be a request; the message is the reason, the same for all its kind."""


@dataclass(frozen=True)
class Incident:
    """One row, understood."""

    number: int  # of the row in the file; the first after the header is 1
    happened_at: datetime
    latitude: float
    longitude: float
    country: str  # ISO 3166-1 alpha-2 of the nearest country
    attack_type: str
    shore_distance_km: float | None


@contextmanager
def open_rows(file: Path) -> Iterator[Iterator[tuple[int, Row]]]:
    """Yield (number, row) of each row as it is read; raise CannotRun for a file that does not fit.

    Rows carry only the columns that are needed.
    """
    try:
        stream = file.open(encoding="utf-8", newline="")
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}. Name a CSV file.") from error
    with stream:
        reader = csv.DictReader(stream)
        header = reader.fieldnames or ()
        if missing := [column for column in _COLUMNS if column not in header]:
            raise CannotRun(f"{file} lacks the columns {', '.join(missing)} in its first line.")
        yield (
            (number, {column: row[column] for column in _COLUMNS})
            for number, row in enumerate(reader, start=1)
        )


def first_day(file: Path) -> date | None:
    """Return the earliest readable day in the file, or None if there is none."""
    days = []
    with open_rows(file) as rows:
        for _, row in rows:
            try:
                days.append(_day(row))
            except Impossible:
                continue
            days = [min(days)]
    return days[0] if days else None


def incident_of(number: int, row: Row) -> Incident:
    """Understand a row; raise Impossible with the reason if it cannot be a request."""
    return Incident(
        number=number,
        happened_at=datetime.combine(_day(row), _hour(row)),
        latitude=_degrees(row, "latitude", 90),
        longitude=_degrees(row, "longitude", 180),
        country=_country(row),
        attack_type=_text(row, "attack_type"),
        shore_distance_km=_distance(row),
    )


def _text(row: Row, column: str) -> str:
    value = (row[column] or "").strip()
    return "" if value in MISSING else value


def _day(row: Row) -> date:
    text = _text(row, "date")
    if not text:
        raise Impossible("no date")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Impossible("unreadable date") from error


def _hour(row: Row) -> time:
    text = _text(row, "time").removesuffix("UTC").strip()
    if not text:
        return _NOON
    try:
        return time.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Impossible("unreadable time") from error


def _degrees(row: Row, column: str, limit: float) -> float:
    text = _text(row, column)
    if not text:
        raise Impossible("no coordinates")
    try:
        value = float(text)
    except ValueError as error:
        raise Impossible("unreadable coordinates") from error
    if not -limit <= value <= limit:
        raise Impossible("coordinates beyond the globe")
    return value


def _country(row: Row) -> str:
    code = _text(row, "nearest_country")
    if not code:
        raise Impossible("no country")
    found = pycountry.countries.get(alpha_3=code)
    if found is None:
        raise Impossible("unknown country code")
    return str(found.alpha_2)


def _distance(row: Row) -> float | None:
    try:
        return float(_text(row, "shore_distance"))
    except ValueError:
        return None  # it only decides about arms, and unknown means unarmed
