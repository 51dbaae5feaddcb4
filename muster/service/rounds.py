"""The rounds of a relay process: all its relays in turn, their measures, and their tidying."""

import time
from collections.abc import Callable, Sequence

from muster.contracts.vocabulary.errors import TransientError
from muster.messaging.errors import BrokerUnavailable
from muster.observability.metrics import BROKER_UP
from muster.service.platform import Condition
from muster.service.relay import Relay

MEASURE_EVERY = 1.0
TIDY_EVERY = 3600.0


class _Every:
    """Says when so many seconds have passed since it last said so; the first time at once."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._last = float("-inf")

    def is_due(self) -> bool:
        """Tell whether it is time again."""
        now = self._monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


class Rounds:
    """Lets every relay of one publisher work in turn. One whose store fails holds up no other.

    What fails is tried again in the next round, and is a reason not to be ready until then. So is
    a broker that cannot be reached while there is nothing to say: `reach` raises BrokerUnavailable.
    `broker` is what the condition calls it, where a process has several logins there.
    """

    def __init__(
        self,
        relays: Sequence[Relay],
        condition: Condition,
        reach: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
        broker: str = "broker",
    ) -> None:
        self._relays = relays
        self._broker = broker
        self._condition = condition
        self._reach = reach
        self._measure = _Every(MEASURE_EVERY, monotonic)
        self._tidy = _Every(TIDY_EVERY, monotonic)
        self._untidy: set[str] = set()

    def turn(self) -> int:
        """Go one round; return how many events were published."""
        self._condition.pulse()
        moved = self._step_all()
        # Measured even when nothing moves: that is when the measures matter.
        if self._measure.is_due():
            if not moved:
                self._reach_out()
            for relay in self._relays:
                self._attempt(f"measuring {relay.service}", relay.measure)
        if self._tidy.is_due():
            self._untidy = {relay.service for relay in self._relays}
        for relay in self._relays:
            if relay.service in self._untidy:
                self._tidy_some(relay)
        return moved

    def _step_all(self) -> int:
        moved = 0
        for relay in self._relays:
            part = f"relay of {relay.service}"
            try:
                moved += relay.step()
            except BrokerUnavailable as error:
                self._broker_lost(error)
                return moved  # they share it, and each attempt to connect may take seconds
            except TransientError as error:
                self._condition.broken(part, str(error))
            else:
                self._note(part, relay.trouble)
        if moved:
            self._broker_there()
        return moved

    def _reach_out(self) -> None:
        try:
            self._reach()
        except TransientError as error:
            self._broker_lost(error)
        else:
            self._broker_there()

    def _broker_lost(self, error: TransientError) -> None:
        self._condition.broken(self._broker, str(error))
        for relay in self._relays:
            BROKER_UP.labels(relay.service).set(0)

    def _broker_there(self) -> None:
        self._condition.works(self._broker)
        for relay in self._relays:
            BROKER_UP.labels(relay.service).set(1)

    def _tidy_some(self, relay: Relay) -> None:
        more = False

        def tidy() -> None:
            nonlocal more
            more = relay.tidy()

        self._attempt(f"tidying {relay.service}", tidy)
        if not more:
            self._untidy.discard(relay.service)

    def _attempt(self, part: str, act: Callable[[], object]) -> None:
        try:
            act()
        except TransientError as error:
            self._condition.broken(part, str(error))
        else:
            self._condition.works(part)

    def _note(self, part: str, trouble: str | None) -> None:
        if trouble is None:
            self._condition.works(part)
        else:
            self._condition.broken(part, trouble)
