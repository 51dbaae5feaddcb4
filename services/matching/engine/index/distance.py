"""Great-circle distances of many places at once: `Position.distance_km` for arrays."""

from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from muster.contracts.vocabulary.values import EARTH_RADIUS_KM, Position

Numbers = NDArray[np.float64]


def distances_km(latitudes: Numbers, longitudes: Numbers, place: Position) -> Numbers:
    """Return how far each of these points, in radians, is from the place."""
    latitude, longitude = radians(place.latitude), radians(place.longitude)
    half_lat = np.sin((latitudes - latitude) / 2)
    half_lon = np.sin((longitudes - longitude) / 2)
    chord = half_lat * half_lat + np.cos(latitudes) * cos(latitude) * (half_lon * half_lon)
    distances: Numbers = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return distances
