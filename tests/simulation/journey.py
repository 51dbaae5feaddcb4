"""One simulated story, from the first request to the end of every one.

In some stories the alliance is founded first, whatever goes wrong on the way. The others begin
where such a founding ended, because it would take half of their time.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from types import ModuleType, SimpleNamespace

from muster.safeguards import NOTHING
from muster.storage import retention
from services.matching import matcher
from services.matching.engine.engine import plan
from services.matching.engine.model import Demand, Plan, Pool
from services.matching.engine.policy import Policy
from services.matching.use_cases import source_requests
from services.notify.use_cases import deliver_webhooks, recording
from tests.simulation.alliance import Alliance, context, found, register_webhooks
from tests.simulation.climate import MILD, Climate, climate_of
from tests.simulation.invariants import Invariants
from tests.simulation.machinery import Databases, Machinery
from tests.simulation.operators import Operators
from tests.simulation.people import People
from tests.simulation.single_thread import AtOnce

MOST_STEPS = 20_000
FOUNDERS_SEED = 2**40  # no story has it, so no identifier of the founding comes again


@dataclass(frozen=True)
class Ending:
    """How a story ended: the status of each request, review and flag, and the rules in force.

    And how many steps it took, and what went wrong how often.
    """

    statuses: tuple[str, ...]
    reviews: tuple[str, ...]
    flags: tuple[str, ...]
    rule_packs: tuple[str, ...]
    steps: int
    faults: Counter[str]


@dataclass(frozen=True)
class Founded:
    """An alliance, all of whose services have heard of it."""

    alliance: Alliance
    databases: Mapping[str, sqlite3.Connection]
    said: frozenset[str]  # the ids of all messages
    at: datetime


def live_through(seed: int, climate: Climate | None = None) -> Ending:
    """Let a seed's story happen; check the invariants after every step and at the end."""
    climate = climate_of(seed) if climate is None else climate
    with without_waiting(), _forgetting(climate):
        founded = None if climate.founding else _founded(webhooks=climate.webhooks)
        machinery = Machinery(seed, climate, databases())
        invariants = Invariants(machinery)
        steps = 0
        if founded is None:
            alliance = found(machinery.calm_store("registry"))
            steps += _live_on(machinery, invariants)
            _register(machinery, alliance)
        else:
            alliance = founded.alliance
            machinery.databases.put_back(founded.databases)
            machinery.skip_to(founded.at)
            machinery.ledger.begin_with(founded.said)
        invariants.people = People(machinery, alliance.enterprises, alliance.providers)
        Operators(machinery, alliance.providers)
        steps += _live_on(machinery, invariants)
        invariants.check_at_rest()
    return _ending(machinery, steps)


def _live_on(machinery: Machinery, invariants: Invariants) -> int:
    """Go on until nobody has anything to do any more; return how many steps that took."""
    for steps in range(MOST_STEPS):
        if not machinery.step():
            return steps
        invariants.check_now()
    raise AssertionError(f"the story did not end in {MOST_STEPS} steps")


def _register(machinery: Machinery, alliance: Alliance) -> None:
    if machinery.faults.climate.webhooks:
        register_webhooks(machinery.calm_store("notify"), alliance)


def _ending(machinery: Machinery, steps: int) -> Ending:
    matching = machinery.databases.engines["matching"].database

    def column(question: str) -> tuple[str, ...]:
        return tuple(value for (value,) in matching.execute(question))

    return Ending(
        statuses=column("SELECT status FROM requests ORDER BY request_id"),
        reviews=column("SELECT status FROM reviews ORDER BY review_id"),
        flags=column("SELECT status FROM flags ORDER BY flag_id"),
        rule_packs=column("SELECT rule_pack FROM rule_packs ORDER BY sequence"),
        steps=steps,
        faults=machinery.faults.counts,
    )


@cache
def databases() -> Databases:
    """Return the databases of this process."""
    return Databases()


@cache
def _founded(*, webhooks: bool) -> Founded:
    climate = replace(MILD, webhooks=webhooks, founding=True)
    machinery = Machinery(FOUNDERS_SEED, climate, databases())
    alliance = found(machinery.calm_store("registry"))
    _live_on(machinery, Invariants(machinery))
    _register(machinery, alliance)
    said = frozenset(machinery.ledger.said())
    _forget(machinery)
    return Founded(alliance, machinery.databases.copy(), said, machinery.clock.now())


def _forget(machinery: Machinery) -> None:
    """Let so much time pass that nobody says again what was said: stories are not about that."""
    machinery.skip_to(machinery.clock.now() + retention.PUBLISHED_KEPT + timedelta(days=1))
    for service in machinery.databases.engines:
        store = machinery.calm_store(service)
        while store.transact(context(0), partial(retention.forget_old, metadata=store.metadata)):
            pass


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let the couriers of notify pause and share out their work without threads or real time.

    And let a matcher not look at the environment: a climate says which safeguards it is without.
    """
    no_time = SimpleNamespace(sleep=lambda _: None)
    with (
        _replaced(deliver_webhooks, "ThreadPoolExecutor", AtOnce),
        _replaced(recording, "time", no_time),
        _replaced(matcher, "Switches", _NoSwitches),
    ):
        yield


def _forgetting(climate: Climate) -> AbstractContextManager[None]:
    """Have the engine take for free whatever is held, if the climate has it so."""
    return _replaced(source_requests, "plan", _forgetful) if climate.forgetful else nullcontext()


def _forgetful(
    batch: Sequence[Demand], pool: Pool, policy: Policy, clock: Callable[[], float]
) -> Plan:
    return plan(batch, replace(pool, bookings=()), policy, clock)


class _NoSwitches:
    without = NOTHING


@contextmanager
def _replaced(module: ModuleType, name: str, stand_in: object) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, stand_in)
    try:
        yield
    finally:
        setattr(module, name, before)
