"""What a process that matches keeps: the rules, the patience, and the index of who could serve."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from muster.safeguards import NOTHING, Safeguards
from muster.switches import Switches
from services.matching.domain.deadlines import Patience
from services.matching.engine.policy import Policy
from services.matching.live_index import LiveIndex
from services.matching.settings import MatchingSettings


@dataclass(frozen=True)
class Matcher:
    """Made once for a process; safe to share between threads. `clock` tells the solver seconds."""

    policy: Policy
    patience: Patience
    index: LiveIndex
    clock: Callable[[], float]
    without: Safeguards = NOTHING


def matcher_of(settings: MatchingSettings) -> Matcher:
    """Return a matcher by these settings; its index reads the store when it is first used."""
    refresh = timedelta(seconds=settings.standings_refresh_seconds)
    return Matcher(
        policy=settings.policy,
        patience=settings.patience,
        index=LiveIndex(settings.policy, refresh),
        clock=time.perf_counter,
        without=Switches().without,
    )
