"""Great-circle distances of many places at once: `Position.distance_km` for arrays.

Points are kept as unit vectors from the centre of the earth: their chord takes no sine or cosine,
and is as precise for near points as for far ones.
"""

from math import cos, radians, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from muster.contracts.vocabulary.values import EARTH_RADIUS_KM, Position

Numbers = NDArray[np.float64]


class Point(NamedTuple):
    """A unit vector from the centre of the earth."""

    x: float
    y: float
    z: float


def point(position: Position) -> Point:
    """Return the point of a position."""
    latitude, longitude = radians(position.latitude), radians(position.longitude)
    return Point(cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude))


def distances_km(x: Numbers, y: Numbers, z: Numbers, place: Position) -> Numbers:
    """Return how far each of these points is from the place."""
    centre = point(place)
    chord: Numbers = (x - centre.x) ** 2
    chord += (y - centre.y) ** 2
    chord += (z - centre.z) ** 2
    np.sqrt(chord, out=chord)
    chord /= 2
    np.minimum(chord, 1.0, out=chord)
    np.arcsin(chord, out=chord)
    chord *= 2 * EARTH_RADIUS_KM
    return chord
