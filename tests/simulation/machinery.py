"""All four services in one thread, over a broker in memory, at a time that stands still.

Whatever would run at the same moment in the real system (a relay, a subscription, a timer, a
person) is an actor here; a seed decides who goes next. So every order of events can happen, and any
one of them can be repeated. Whatever is a process of its own may be killed at any commit.
"""

import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast

from pydantic_settings import BaseSettings
from sqlalchemy import Engine

from muster.cli.bootstrap import metadata_of, subscriptions_class, topology
from muster.clock import SeededIds, SimulatedClock
from muster.contracts.catalogue import OWNERS
from muster.messaging.disturbance import Disturbance
from muster.messaging.envelope import Envelope
from muster.messaging.memory import InMemoryBroker
from muster.service import Kept, Setting
from muster.service.declared import declared
from muster.service.entrypoints import Background, Subscribe, Timer
from muster.service.inlet import Inlet, one_by_one, take_and_ack
from muster.service.relay import Relay
from muster.service.timekeeper import Timekeeper
from muster.storage.engine import open_engine
from muster.storage.store import Store
from muster.storage.unit_of_work import UnitOfWork
from services.matching.engine.law.rules import RulePack
from services.matching.matcher import Matcher
from services.matching.settings import MatchingSettings
from tests.simulation.mortality import Killed, MortalStore
from tests.simulation.thin_sql import ThinEngine

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

WAITING = "SELECT 1 FROM outbox_messages WHERE published_at IS NULL LIMIT 1"
DUE = "SELECT 1 FROM timers WHERE due_at <= ? LIMIT 1"
SQLITE_TIME = "%Y-%m-%d %H:%M:%S.%f"

Actor = Callable[[], bool]  # does one thing; True if there was anything to do


class Machinery:
    """The running system, without its processes."""

    def __init__(self, seed: int, disturbance: Disturbance) -> None:
        self.chance = random.Random(seed)
        self.clock = SimulatedClock(START)
        self.ids = SeededIds(seed)
        self.broker = InMemoryBroker(topology(), self.clock, self.chance, disturbance)
        self._databases: dict[str, sqlite3.Connection] = {}
        self.stores = {service: self._store(service) for service in OWNERS}
        self.actors: dict[str, Actor] = {}
        self.heard: dict[str, int] = {}  # the newest version matching has known, by id
        self.offered: set[str] = set()  # offers that were looked at
        self.matching = cast(MatchingSettings, default_settings(MatchingSettings))
        self._handled: set[tuple[str, str]] = set()
        self._instances: dict[str, object] = {}
        for service in OWNERS:
            self._start(service)

    def _store(self, service: str) -> Store:
        engine, database = empty_database(service)
        self._databases[service] = database
        like_an_engine = cast(Engine, engine)
        return Store(service, like_an_engine, metadata_of(service), self.clock, self.ids)

    def _start(self, service: str) -> None:
        store = MortalStore(self.stores[service], self.chance)
        relay = Relay(store, self.broker.publisher())
        self.actors[f"relay of {service}"] = survivor(
            lambda: self.has(service, WAITING) and relay.step() > 0
        )
        service_class = subscriptions_class(service)
        instance = self._instances[service] = service_class()
        self.begin_anew(service)
        handlers = {}
        for method_name, entrypoint in declared(service_class):
            method = getattr(instance, method_name)
            if isinstance(entrypoint, Subscribe):
                self._listen(entrypoint, method, store)
            elif isinstance(entrypoint, Timer):
                handlers[entrypoint.kind] = method
            elif isinstance(entrypoint, Background):
                self.actors[f"{entrypoint.name} of {service}"] = self._seldom(method, store)
        keeper = Timekeeper(store, handlers)
        self.actors[f"timers of {service}"] = survivor(
            lambda: (
                self.has(service, DUE, self.clock.now().strftime(SQLITE_TIME))
                and keeper.fire_due() > 0
            ),
            lambda: self.begin_anew(service),
        )

    def begin_anew(self, service: str) -> None:
        """Let a service's worker begin again: what it had in memory is gone."""
        instance = self._instances[service]
        vars(instance).clear()
        for name, provider in vars(type(instance)).items():
            if isinstance(provider, Setting):
                setattr(instance, name, self._settings(provider.settings))
            elif isinstance(provider, Kept):
                kept = provider.build(self._settings(provider.settings))
                setattr(instance, name, _timeless(kept) if isinstance(kept, Matcher) else kept)

    def adopt(self, pack: RulePack) -> None:
        """Let matching's worker begin again with other rules, as after a deployment."""
        self.matching = with_rules(pack)
        self.begin_anew("matching")

    def _settings(self, settings: type[BaseSettings]) -> BaseSettings:
        return self.matching if settings is MatchingSettings else default_settings(settings)

    def _seldom(self, method: Callable[[Store], bool], store: Store) -> Actor:
        """Run a background round only now and then: it looks for work each time."""
        return survivor(
            lambda: self.chance.random() < 0.03 and method(store),
            lambda: self.begin_anew(store.service),
        )

    def _listen(self, entrypoint: Subscribe, method: Callable[..., None], store: Store) -> None:
        subscription = entrypoint.subscription(store.service)
        handler = method if entrypoint.batched else one_by_one(method)
        taken: list[str] = []

        def note(work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
            handler(work, envelopes)
            taken.extend(envelope.id for envelope in envelopes)

        inlet = Inlet(subscription, note, store, self.broker.publisher())
        subscriber = self.broker.subscriber(subscription.queue)

        def take() -> bool:
            nonlocal subscriber
            taken.clear()
            deliveries = subscriber.poll(self.chance.randint(1, 20))
            try:
                if deliveries:
                    take_and_ack(inlet, subscriber, deliveries)
            except Killed:  # the broker sees the connection go, and another process begins
                subscriber.close()
                subscriber = self.broker.subscriber(subscription.queue)
                self.begin_anew(store.service)
            else:
                self._note_handled(subscription.queue, taken)
            return bool(deliveries)

        self.actors[f"queue {subscription.queue}"] = take

    def _note_handled(self, queue: str, message_ids: Sequence[str]) -> None:
        for message_id in message_ids:
            assert (queue, message_id) not in self._handled, f"{queue} took {message_id} twice"
            self._handled.add((queue, message_id))

    def has(self, service: str, question: str, *values: object) -> bool:
        """Tell, far cheaper than by asking the service, whether there is anything to do at all."""
        return self._databases[service].execute(question, values).fetchone() is not None

    def changes(self, service: str) -> int:
        """Return how many rows of a service have ever been written; the same: nothing changed."""
        return self._databases[service].total_changes

    def dead_letters(self) -> list[str]:
        """Return why each dead letter died."""
        return [
            f"{subscription.queue}: {letter.headers}"
            for subscription in topology().subscriptions
            for letter in self.broker.dead_letters(subscription.queue)
        ]

    def next_event_at(self) -> datetime | None:
        """Return the next moment at which anything waits to happen: a late message or a timer."""
        moments = [self.broker.next_due()]
        for database in self._databases.values():
            (due_at,) = database.execute("SELECT min(due_at) FROM timers").fetchone()
            if due_at is not None:
                moments.append(datetime.strptime(due_at, SQLITE_TIME).replace(tzinfo=UTC))
        return min((moment for moment in moments if moment is not None), default=None)

    def skip_to(self, moment: datetime) -> None:
        """Let time pass until then; at least a millisecond."""
        self.clock.advance(max(moment - self.clock.now(), timedelta(milliseconds=1)))


def survivor(act: Actor, begin_anew: Callable[[], None] = lambda: None) -> Actor:
    """Return an actor that begins anew after it was killed."""

    def act_or_die() -> bool:
        try:
            return act()
        except Killed:
            begin_anew()
            return True

    return act_or_die


def _timeless(matcher: Matcher) -> Matcher:
    """Return the matcher with a clock that stands still: no solver ever runs out of time."""
    return replace(matcher, clock=lambda: 0.0)


def with_rules(pack: RulePack) -> MatchingSettings:
    """Return matching's settings with other rules, as if they had been read from a directory."""
    settings = cast(MatchingSettings, default_settings(MatchingSettings)).model_copy()
    settings._policy = replace(settings.policy, pack=pack)
    return settings


def empty_database(service: str) -> tuple[ThinEngine, sqlite3.Connection]:
    """Return the one database of a service in this process, emptied: copying beats creating.

    The engine is kept from seed to seed, because most of the cost of a new one is learning the
    same statements again.
    """
    engine, database, pristine = _database(service)
    pristine.backup(database)
    return engine, database


@cache
def _database(service: str) -> tuple[ThinEngine, sqlite3.Connection, sqlite3.Connection]:
    engine = open_engine("sqlite://")
    with engine.begin() as connection:
        metadata_of(service).create_all(connection)
    raw = engine.raw_connection()
    database = cast(sqlite3.Connection, raw.driver_connection)
    raw.close()  # goes back to the pool of one, and stays open
    pristine = sqlite3.connect(":memory:", check_same_thread=False)
    database.backup(pristine)
    return ThinEngine(engine, database), database, pristine


@cache
def default_settings(settings: type[BaseSettings]) -> BaseSettings:
    """Return a service's settings as they are when nobody sets any."""
    return settings()
