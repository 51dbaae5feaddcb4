"""How long it takes to be there: mobilisation, travel by means, and the border."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from muster.contracts.vocabulary.attributes import (
    MedicalRequirement,
    Requirement,
    VehicleRequirement,
)
from muster.contracts.vocabulary.kinds import (
    REMOTE_KINDS,
    CapabilityKind,
    Environment,
    MedicalTransport,
)
from services.matching.engine.elementwise import N, Truth, choose, least


class Mode(StrEnum):
    """How somebody comes. `QUICKEST` is road or air, the quicker, where one can drive."""

    NONE = "none"  # work from a desk: nobody travels
    QUICKEST = "quickest"
    ROAD = "road"
    SEA = "sea"
    AIR = "air"


@dataclass(frozen=True)
class Means:
    """A way to travel: speed in km/h over the great circle, and hours lost at both ends."""

    speed_kmh: float
    overhead_hours: float

    def __post_init__(self) -> None:
        if not (isfinite(self.speed_kmh) and self.speed_kmh > 0):
            raise ValueError(f"speed_kmh is {self.speed_kmh}; give a speed above 0")
        if not (isfinite(self.overhead_hours) and self.overhead_hours >= 0):
            raise ValueError(f"overhead_hours is {self.overhead_hours}; give 0 or more")

    def hours(self, distance_km: N) -> N:
        """Return how long the whole way takes."""
        return self.overhead_hours + distance_km / self.speed_kmh


@dataclass(frozen=True)
class Travel:
    """How people and vehicles move, and what a border costs them in hours.

    Kinds that `border_hours` leaves out lose no time at a border.
    """

    road: Means
    sea: Means
    air: Means
    border_hours: Mapping[CapabilityKind, float]

    def __post_init__(self) -> None:
        for kind, hours in self.border_hours.items():
            if not (isfinite(hours) and hours >= 0):
                raise ValueError(f"border_hours of {kind} is {hours}; give 0 or more")


# Assumptions for planning, not measurements: the crooked road counts in the speed, check-in and
# transfers, loading and unloading in the overhead; set your own in the settings.
USUAL_TRAVEL = Travel(
    road=Means(speed_kmh=50, overhead_hours=0.5),
    sea=Means(speed_kmh=30, overhead_hours=4),
    air=Means(speed_kmh=700, overhead_hours=4),
    border_hours={
        CapabilityKind.GUARDS: 2,
        CapabilityKind.VEHICLES: 6,
        CapabilityKind.MEDICAL_RESCUE: 1,
    },
)

_MEDICAL_MODES = {
    MedicalTransport.NONE: Mode.QUICKEST,
    MedicalTransport.GROUND: Mode.ROAD,
    MedicalTransport.SEA: Mode.SEA,
    MedicalTransport.AIR: Mode.AIR,
}


def mode_of(required: Requirement) -> Mode:
    """Return how whoever meets this requirement comes to the place."""
    if CapabilityKind(required.kind) in REMOTE_KINDS:
        return Mode.NONE
    if isinstance(required, VehicleRequirement):
        return Mode.SEA if required.environment is Environment.SEA else Mode.ROAD
    if isinstance(required, MedicalRequirement):
        return _MEDICAL_MODES[required.transport]
    return Mode.QUICKEST


def travel_hours(travel: Travel, mode: Mode, distance_km: N, by_land: Truth) -> N:
    """Return the hours on the way, without the border.

    `by_land` says whether one can drive there: within a country or from a land neighbour. People
    fly where they cannot; what drives comes by sea.
    """
    if mode is Mode.NONE:
        return distance_km * 0.0
    if mode is Mode.AIR:
        return travel.air.hours(distance_km)
    if mode is Mode.SEA:
        return travel.sea.hours(distance_km)
    otherwise = travel.air if mode is Mode.QUICKEST else travel.sea
    beyond = otherwise.hours(distance_km)
    road = travel.road.hours(distance_km)
    if mode is Mode.QUICKEST:
        road = least(road, beyond)
    return choose(by_land, road, beyond)


def arrival_hours(
    travel: Travel,
    required: Requirement,
    *,
    lead_hours: N,
    distance_km: N,
    by_land: Truth,
    crosses_border: Truth,
) -> N:
    """Return in how many hours whoever is asked now can be there: ready, over the border, arrived.

    Work from a desk begins when it is ready.
    """
    mode = mode_of(required)
    if mode is Mode.NONE:
        return lead_hours
    border = travel.border_hours.get(CapabilityKind(required.kind), 0.0)
    on_the_way = travel_hours(travel, mode, distance_km, by_land)
    return lead_hours + choose(crosses_border, on_the_way + border, on_the_way)
