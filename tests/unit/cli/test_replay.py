"""Rows of incidents become requests, or a reason why not. All rows here are made up."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from muster.cli.errors import CannotRun
from muster.cli.replay.fleet import fleet
from muster.cli.replay.play import reason_in, shift_for
from muster.cli.replay.report import Evidence, RowOutcome, Rows, report_of
from muster.cli.replay.requests import needs_of, request_of
from muster.cli.replay.rows import Impossible, Incident, first_day, incident_of, open_rows
from muster.cli.world.client import Refused, Traffic
from muster.cli.world.ledger import Ledger, RequestTrace
from muster.contracts.vocabulary.attributes import CapabilityAttributes, Requirement
from muster.contracts.vocabulary.statuses import RequestStatus
from muster.contracts.vocabulary.values import Place, Window

HEADER = "date,time,longitude,latitude,attack_type,nearest_country,shore_distance,vessel_name"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SHIFT = timedelta(days=10_000)


def row(**changed: str | None) -> dict[str, str | None]:
    """Return a made-up row that can be a request, with some columns changed."""
    return {
        "date": "1999-04-05",
        "time": "06:30 UTC",
        "longitude": "104.1",
        "latitude": "1.2",
        "attack_type": "Boarded",
        "nearest_country": "SGP",
        "shore_distance": "8.5",
        **changed,
    }


def incident(**changed: str | None) -> Incident:
    """Return what such a row is understood as."""
    return incident_of(7, row(**changed))


def required(**changed: str | None) -> list[dict[str, Any]]:
    """Return what an incident calls for."""
    found: list[Any] = [need["required"] for need in needs_of(incident(**changed))]
    return found


def trace(number: int, status: RequestStatus, **view: object) -> RequestTrace:
    """Return a request an operator sees in this status."""
    seen = {"status": status.value, **view}
    return RequestTrace(f"req_{number}", number, NOW, status, NOW, view=seen)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file of incidents."""

    def written(*lines: str, header: str = HEADER) -> Path:
        file = tmp_path / "incidents.csv"
        file.write_text("\n".join([header, *lines]) + "\n")
        return file

    return written


def test_a_row_is_understood_in_utc_at_its_place() -> None:
    """Time, place, and the country by its two letters."""
    known = incident()
    assert known.happened_at == datetime(1999, 4, 5, 6, 30, tzinfo=UTC)
    assert (known.latitude, known.longitude, known.country) == (1.2, 104.1, "SG")


@pytest.mark.parametrize("time", ["NA", "", None])
def test_a_row_without_an_hour_is_taken_at_noon(time: str | None) -> None:
    """Most rows name only the day."""
    assert incident(time=time).happened_at == datetime(1999, 4, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"date": "NA"}, "no date"),
        ({"date": "05/04/1999"}, "unreadable date"),
        ({"date": "1999-02-30"}, "unreadable date"),
        ({"time": "25:10"}, "unreadable time"),
        ({"time": "dawn"}, "unreadable time"),
        ({"latitude": "NA"}, "no coordinates"),
        ({"longitude": None}, "no coordinates"),
        ({"latitude": "north"}, "unreadable coordinates"),
        ({"latitude": "nan"}, "coordinates beyond the globe"),
        ({"latitude": "90.5"}, "coordinates beyond the globe"),
        ({"longitude": "181"}, "coordinates beyond the globe"),
        ({"nearest_country": "NA"}, "no country"),
        ({"nearest_country": "ZZZ"}, "unknown country code"),
    ],
)
def test_a_row_that_cannot_be_a_request_says_why(
    changed: dict[str, str | None], reason: str
) -> None:
    """The same reason for all its kind, so that they can be counted."""
    with pytest.raises(Impossible) as refusal:
        incident(**changed)
    assert str(refusal.value) == reason


@pytest.mark.parametrize("attack", ["Hijacked", "Boarded", "Boarding"])
def test_a_boarded_vessel_needed_an_escort_guards_and_ransom_cover(attack: str) -> None:
    """All of it at sea."""
    escort, guards, cover = required(attack_type=attack)
    assert (escort["kind"], escort["environment"]) == ("vehicles", "sea")
    assert (guards["kind"], guards["environment"]) == ("guards", "sea")
    assert (cover["kind"], cover["line"]) == ("insurance", "kidnap_ransom")


@pytest.mark.parametrize("attack", ["Attempted", "Suspicious", "Fired Upon"])
def test_a_threatened_vessel_needed_guards(attack: str) -> None:
    """And nothing else."""
    assert [need["kind"] for need in required(attack_type=attack)] == ["guards"]


@pytest.mark.parametrize("attack", ["NA", "Explosion", "Detained", "something new"])
def test_of_anything_else_one_wanted_to_know_beforehand(attack: str) -> None:
    """Intelligence fits what nobody can classify."""
    assert [need["kind"] for need in required(attack_type=attack)] == ["intelligence"]


@pytest.mark.parametrize(
    ("attack", "kilometres", "armed"),
    [
        ("Hijacked", "300", True),
        ("Fired Upon", "23", True),
        ("Hijacked", "20", False),
        ("Hijacked", "NA", False),
        ("Attempted", "300", False),
    ],
)
def test_guards_are_armed_only_on_the_high_sea_and_only_against_arms(
    attack: str, kilometres: str, armed: bool
) -> None:
    """Within twelve nautical miles the coast's own law forbids it."""
    needs = required(attack_type=attack, shore_distance=kilometres)
    guards = next(need for need in needs if need["kind"] == "guards")
    assert guards["armed"] is armed


def test_a_request_is_valid_and_its_window_is_moved_by_the_shift() -> None:
    """What will be sent passes the published language."""
    request = request_of(incident(), SHIFT, enterprises=8)
    body: Any = request.body_at(NOW)
    window = TypeAdapter(Window).validate_python(body["window"])
    place = TypeAdapter(Place).validate_python(body["place"])
    requirement: TypeAdapter[object] = TypeAdapter(Requirement)
    for need in body["needs"]:
        requirement.validate_python(need["required"])
    assert window.starts_at == datetime(1999, 4, 5, 6, 30, tzinfo=UTC) + SHIFT
    assert place.country == "SG"
    assert request.enterprise == 7


def test_names_of_vessels_are_not_even_read(write: Callable[..., Path]) -> None:
    """What is never loaded never reaches a log."""
    file = write("1999-04-05,NA,104.1,1.2,Boarded,SGP,8.5,Mv Invented")
    with open_rows(file) as rows:
        (_, read), *rest = rows
    assert not rest
    assert "Mv Invented" not in read.values()
    assert incident_of(1, read).number == 1


def test_all_rows_are_moved_by_one_number_of_days_so_that_the_first_lies_ahead(
    write: Callable[..., Path],
) -> None:
    """The order of incidents and the time between them stay what they were."""
    file = write(
        "1999-04-05,NA,104.1,1.2,Boarded,SGP,8.5,x",
        "unreadable,NA,104.1,1.2,Boarded,SGP,8.5,x",
        "1998-01-02,NA,104.1,1.2,Boarded,SGP,8.5,x",
    )
    assert first_day(file) == date(1998, 1, 2)
    assert date(1998, 1, 2) + shift_for(file, NOW) == date(2026, 3, 4)


def test_a_file_without_a_readable_date_cannot_be_replayed(write: Callable[..., Path]) -> None:
    """There is nothing to begin with."""
    with pytest.raises(CannotRun, match="no row with a readable date"):
        shift_for(write("NA,NA,1,1,Boarded,SGP,1,x"), NOW)


def test_a_file_with_other_columns_is_refused_by_name(write: Callable[..., Path]) -> None:
    """The message says which are missing."""
    file = write("1,2", header="date,time")
    with pytest.raises(CannotRun, match="longitude, latitude"), open_rows(file):
        pass


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Not as a traceback."""
    with pytest.raises(CannotRun, match="cannot be read"), open_rows(tmp_path / "none.csv"):
        pass


def test_a_short_row_is_a_row_with_missing_values(write: Callable[..., Path]) -> None:
    """A line that was cut off is reported, not fatal."""
    with open_rows(write("1999-04-05,NA,104.1")) as rows:
        ((number, read),) = rows
    with pytest.raises(Impossible, match="no coordinates"):
        incident_of(number, read)


def test_the_fleet_holds_what_incidents_call_for_through_three_decades() -> None:
    """Its capabilities are valid, and its papers last as long as the shifted incidents."""
    world = fleet(1, NOW)
    attributes: TypeAdapter[object] = TypeAdapter(CapabilityAttributes)
    kinds = set()
    for member in world.providers:
        for body in member.capabilities:
            attributes.validate_python(body["attributes"])
            kinds.add(dict(body["attributes"])["kind"])  # type: ignore[call-overload]
        for paper in member.authorisations:
            assert TypeAdapter(Window).validate_python(paper["valid"]).ends_at.year > 2060
    assert kinds == {"guards", "vehicles", "insurance", "intelligence"}
    assert fleet(1, NOW) == world


def test_every_row_has_one_line_in_the_report(tmp_path: Path) -> None:
    """Rejected, ended or lost: none is missing, and the totals are those of the lines."""
    ledger = Ledger()
    for known in (
        trace(1, RequestStatus.CLOSED, assignments=[]),
        trace(
            3,
            RequestStatus.UNFILLED,
            assignments=[],
            shortfalls=[{"reasons": {"licence": 2}}, {"reasons": {"licence": 1}}],
        ),
        trace(4, RequestStatus.SOURCING, assignments=[]),
    ):
        ledger.requests[known.request_id] = known
    rows = Rows(
        submitted={1: "req_1", 3: "req_3", 4: "req_4"},
        rejected={2: (RowOutcome.IMPOSSIBLE, "no country")},
        read=4,
    )
    evidence = Evidence(tmp_path / "i.csv", rows, ledger, {}, Traffic(), time_shift_days=10)
    report = report_of(evidence)
    assert report["rows"] == [
        {"row": 1, "outcome": "closed", "reason": ""},
        {"row": 2, "outcome": "impossible", "reason": "no country"},
        {"row": 3, "outcome": "unfilled", "reason": "licence"},
        {"row": 4, "outcome": "lost", "reason": "last seen sourcing"},
    ]
    assert report["outcomes"] == {"closed": 1, "impossible": 1, "unfilled": 1, "lost": 1}
    assert report["reasons"]["unfilled"] == {"licence": 1}
    assert (report["lost"], report["rows_read"]) == (1, 4)


def test_a_refusal_is_told_field_by_field() -> None:
    """The reason in a line is what the API said."""
    problem = {"detail": "no", "errors": [{"field": "window", "problem": "has ended"}]}
    assert reason_in(Refused("POST", "/v1/requests", 422, problem)) == "window: has ended"
    assert reason_in(Refused("POST", "/v1/requests", 422, {"detail": "no"})) == "no"
