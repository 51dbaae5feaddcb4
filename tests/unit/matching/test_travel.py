"""Travel: how whoever comes gets there, how long it takes, and who is whose neighbour."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.contracts.vocabulary.attributes import (
    CrisisRequirement,
    GuardRequirement,
    MedicalRequirement,
    Requirement,
    VehicleRequirement,
)
from muster.contracts.vocabulary.countries import ALLIANCE, TRANSIT
from muster.contracts.vocabulary.kinds import (
    CapabilityKind,
    CrisisService,
    Environment,
    MedicalTransport,
)
from services.matching.engine.geography import LAND_NEIGHBOURS, NEIGHBOURS, by_land
from services.matching.engine.travel import (
    USUAL_TRAVEL,
    Means,
    Mode,
    Travel,
    arrival_hours,
    mode_of,
    travel_hours,
)
from services.matching.engine.verdicts import Wave
from services.matching.engine.waves import wave_of

PEOPLE = GuardRequirement("guards")
CARS = VehicleRequirement("vehicles")
BOATS = VehicleRequirement("vehicles", environment=Environment.SEA)
ADVICE = CrisisRequirement("crisis_management", CrisisService.HOTLINE)


def medics(transport: MedicalTransport) -> MedicalRequirement:
    """Return a need for medics with this transport."""
    return MedicalRequirement("medical_rescue", transport=transport)


@pytest.mark.parametrize(
    ("required", "mode"),
    [
        (PEOPLE, Mode.QUICKEST),
        (CARS, Mode.ROAD),
        (BOATS, Mode.SEA),
        (ADVICE, Mode.NONE),
        (medics(MedicalTransport.NONE), Mode.QUICKEST),
        (medics(MedicalTransport.GROUND), Mode.ROAD),
        (medics(MedicalTransport.SEA), Mode.SEA),
        (medics(MedicalTransport.AIR), Mode.AIR),
    ],
)
def test_what_is_asked_for_says_how_it_comes(required: Requirement, mode: Mode) -> None:
    """An ambulance drives, an air ambulance flies, a vessel sails, advice is at once there."""
    assert mode_of(required) is mode


@pytest.mark.parametrize(
    ("mode", "distance", "drives", "hours"),
    [
        (Mode.QUICKEST, 100, True, 0.5 + 2),  # by road
        (Mode.QUICKEST, 700, True, 4 + 1),  # by air, though one could drive
        (Mode.QUICKEST, 100, False, 4 + 1 / 7),  # by air, for one cannot
        (Mode.ROAD, 700, True, 0.5 + 14),
        (Mode.ROAD, 300, False, 4 + 10),  # what drives is shipped
        (Mode.SEA, 300, True, 4 + 10),
        (Mode.AIR, 700, True, 4 + 1),
        (Mode.NONE, 700, False, 0),
    ],
)
def test_the_way_takes_its_time(mode: Mode, distance: float, drives: bool, hours: float) -> None:
    """Overhead plus distance by speed; people take road or air, whichever is quicker."""
    assert travel_hours(USUAL_TRAVEL, mode, distance, drives) == pytest.approx(hours)


@pytest.mark.parametrize(("required", "border"), [(PEOPLE, 2), (CARS, 6), (ADVICE, 0)])
def test_a_border_costs_time_by_kind_of_work(required: Requirement, border: float) -> None:
    """Vehicles wait longest; advice crosses no border."""
    home, abroad = (
        arrival_hours(
            USUAL_TRAVEL,
            required,
            lead_hours=1.0,
            distance_km=100.0,
            by_land=True,
            crosses_border=crosses,
        )
        for crosses in (False, True)
    )

    assert abroad - home == pytest.approx(border)


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 20_000), st.booleans(), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([PEOPLE, CARS, BOATS, ADVICE, medics(MedicalTransport.AIR)]),
)
def test_an_array_takes_as_long_as_each_of_its_places(
    journeys: list[tuple[float, float, bool, bool]], required: Requirement
) -> None:
    """One formula for one journey and for many, to the last bit."""
    lead, distance, drives, crosses = (np.array(column) for column in zip(*journeys, strict=True))

    together = arrival_hours(
        USUAL_TRAVEL,
        required,
        lead_hours=lead,
        distance_km=distance,
        by_land=drives,
        crosses_border=crosses,
    )

    assert together.tolist() == [
        arrival_hours(
            USUAL_TRAVEL,
            required,
            lead_hours=hours,
            distance_km=km,
            by_land=by_road,
            crosses_border=over,
        )
        for hours, km, by_road, over in journeys
    ]


@pytest.mark.parametrize(("speed", "overhead"), [(0, 1), (-5, 1), (float("nan"), 1), (5, -1)])
def test_impossible_means_are_refused(speed: float, overhead: float) -> None:
    """Nobody travels at no speed, or arrives before leaving."""
    with pytest.raises(ValueError, match="give"):
        Means(speed, overhead)


def test_a_border_that_gives_time_back_is_refused() -> None:
    """Hours at a border are 0 or more."""
    road, sea, air = USUAL_TRAVEL.road, USUAL_TRAVEL.sea, USUAL_TRAVEL.air

    with pytest.raises(ValueError, match="give 0 or more"):
        Travel(road, sea, air, {CapabilityKind.GUARDS: -1})


def test_neighbours_are_neighbours_of_each_other() -> None:
    """The table is symmetric, nobody borders itself, and it knows only countries we work in."""
    for table in (LAND_NEIGHBOURS, NEIGHBOURS):
        for country, others in table.items():
            assert country not in others
            assert all(country in table[other] for other in others)
        assert set(table) <= ALLIANCE | TRANSIT


def test_every_member_has_a_neighbour() -> None:
    """Nobody's request is widened in vain; Korea is reached over the sea, not over land."""
    assert set(NEIGHBOURS) == ALLIANCE | TRANSIT
    assert by_land("KR") == {"KR"}
    assert by_land("SG") == {"SG", "MY"}
    assert NEIGHBOURS["KH"] == {"LA", "VN", "TH"}


@pytest.mark.parametrize(
    ("base", "host", "wave"),
    [
        ("KH", "KH", Wave.HOST),
        ("VN", "KH", Wave.NEIGHBOURS),
        ("SG", "KH", Wave.ALLIANCE),
        ("KR", "CN", Wave.NEIGHBOURS),
        ("MO", "HK", Wave.NEIGHBOURS),
        ("SG", "ID", Wave.ALLIANCE),
    ],
)
def test_the_base_says_in_which_wave_somebody_is_asked(base: str, host: str, wave: Wave) -> None:
    """The host country first, its neighbours next, the whole alliance last."""
    assert wave_of(base, host) is wave
