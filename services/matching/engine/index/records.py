"""How providers have fared, in columns, by the number of the provider."""

import numpy as np
from numpy.typing import NDArray

from services.matching.engine.policy import NEWCOMER, Standing

Numbers = NDArray[np.float64]


class Records:
    """Quality and long-run share of every provider; a newcomer's for those never told of."""

    def __init__(self) -> None:
        self._quality: Numbers = np.zeros(0)
        self._share: Numbers = np.zeros(0)

    @property
    def nbytes(self) -> int:
        """Return how much memory they take."""
        return self._quality.nbytes + self._share.nbytes

    def put(self, owner: int, standing: Standing) -> None:
        """Take in how this provider has fared."""
        self.reserve(owner + 1)
        self._quality[owner] = standing.quality
        self._share[owner] = standing.share

    def reserve(self, owners: int) -> None:
        """Make room for so many providers."""
        missing = owners - len(self._quality)
        if missing > 0:
            room = max(missing, len(self._quality))
            self._quality = np.append(self._quality, np.full(room, NEWCOMER.quality))
            self._share = np.append(self._share, np.full(room, NEWCOMER.share))

    def quality(self, owners: NDArray[np.int32]) -> Numbers:
        """Return the quality of these providers."""
        return self._quality.take(owners)

    def share(self, owners: NDArray[np.int32]) -> Numbers:
        """Return the long-run share of these providers."""
        return self._share.take(owners)
