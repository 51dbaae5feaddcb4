"""Waves: the nearer members are asked first, others only where nearer ones fall short."""

from collections.abc import Mapping

from muster.contracts.vocabulary.countries import Country
from services.matching.engine.geography import NEIGHBOURS
from services.matching.engine.verdicts import Wave

LOCALITY: Mapping[Wave, float] = {Wave.HOST: 0.0, Wave.NEIGHBOURS: 0.5, Wave.ALLIANCE: 1.0}
"""How far from home a wave is, as the score's component `local` sees it."""

RANK: Mapping[Wave, int] = {wave: rank for rank, wave in enumerate(Wave)}
"""The order of the waves, the nearest first."""


def wave_of(base: Country, host: Country) -> Wave:
    """Return in which wave a base in this country is asked to serve in the host country."""
    if base == host:
        return Wave.HOST
    return Wave.NEIGHBOURS if base in NEIGHBOURS.get(host, ()) else Wave.ALLIANCE
