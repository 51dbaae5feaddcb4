"""How long it takes to be there: mobilisation, travel by means, and the border."""

from collections.abc import Mapping
from dataclasses import dataclass

from muster.contracts.vocabulary.kinds import CapabilityKind


@dataclass(frozen=True)
class Means:
    """A way to travel: speed in km/h over the great circle, and hours lost at both ends."""

    speed_kmh: float
    overhead_hours: float


@dataclass(frozen=True)
class Travel:
    """How people and vehicles move, and what a border costs them in hours."""

    road: Means
    sea: Means
    air: Means
    border_hours: Mapping[CapabilityKind, float]
