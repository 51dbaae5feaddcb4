"""All four services in one thread, over a broker in memory, at a time that stands still.

Whatever would run at the same moment in the real system (a relay, a subscription, a timer, a
person) is an actor here; a seed decides who goes next. So every order of events can happen, and any
one of them can be repeated. Whatever is a process of its own may be killed at any step.
"""

import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import accumulate
from typing import Any, cast

from pydantic_settings import BaseSettings
from sqlalchemy import Engine

from muster.cli.bootstrap import metadata_of, subscriptions_class
from muster.clock import SeededIds, SimulatedClock
from muster.contracts.catalogue import OWNERS
from muster.messaging.blueprint import exchanges_of
from muster.messaging.errors import BrokerUnavailable
from muster.service.relay import Relay
from muster.storage.engine import open_engine
from muster.storage.store import Store, StoreUnavailable
from services.matching.adoptions import is_due, latest_adoption
from services.matching.engine.law.rules import RulePack
from services.matching.settings import MatchingSettings
from services.notify.use_cases.deliver_mail import MailRules, deliver_mail
from services.notify.use_cases.deliver_webhooks import PostRules, deliver_webhooks
from tests.simulation.climate import Climate
from tests.simulation.far_end import Courier, FarEnd
from tests.simulation.faults import Breaches, Faults, Killed
from tests.simulation.ledger import Ledger, whole_topology
from tests.simulation.mortal_sql import MortalEngine
from tests.simulation.network import HEAL, Network, NetworkPublisher
from tests.simulation.thin_sql import ThinEngine
from tests.simulation.worker import Worker

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HORIZON = timedelta(days=30)  # what waits longer than that is no part of the story
SQLITE_TIME = "%Y-%m-%d %H:%M:%S.%f"
NAPS = tuple(timedelta(seconds=each) for each in (0, 0, 5, 60))
AWHILE = timedelta(seconds=1)  # far less than a courier's lease
DRAWS = 8
MEANWHILE = 5  # steps at most
ATTEMPTS = 10  # of a notification
ROUNDS = 0.3  # of couriers and the like, beside queues and people: they find more each time
SELDOM = 0.001  # of rounds that look for work where there hardly is any

# Cheap questions, asked of the database itself: whether a process would find anything to do.
WAITING = """
SELECT 1 FROM outbox_messages WHERE published_at IS NULL UNION ALL SELECT 1 FROM republications
LIMIT 1
"""
NEXT_TIMER = "SELECT min(due_at) FROM timers"
NEXT_LETTER = "SELECT min(due_at) FROM notifications WHERE settled_at IS NULL AND channel = 'email'"
NEXT_POST = """
SELECT min(max(n.due_at, coalesce(t.busy_until, ''))) FROM notifications n
JOIN webhook_traffic t ON t.webhook_id = n.target
WHERE n.settled_at IS NULL AND n.channel = 'webhook'
"""
ADOPTIONS = "SELECT sequence, finished_at FROM rule_packs"


@dataclass(eq=False)
class Actor:
    """Somebody who may act: asked first whether there is any occasion, cheaply.

    The weight is how often they act, beside others. A story does not wait for whoever is `idle`.
    """

    name: str
    is_ready: Callable[[], object]
    act: Callable[[], object]
    weight: float = 1.0
    idle: bool = False


class Machinery:
    """The running system, without its processes."""

    def __init__(self, seed: int, climate: Climate, databases: "Databases | None" = None) -> None:
        self.chance = random.Random(seed)
        self.clock = SimulatedClock(START)
        self._now_text = START.strftime(SQLITE_TIME)
        self.ids = SeededIds(seed)
        self.faults = Faults(self.chance, climate)
        self.network = Network(whole_topology(), self.clock, self.chance, self.faults)
        self.breaches = Breaches()
        self.far_end = FarEnd(self.faults, self.breaches)
        self.databases = databases or Databases()
        self.databases.empty()
        self._due = self.databases.when_due()
        self.ledger = Ledger(self.databases, climate, self.breaches)
        self.matching = cast(MatchingSettings, default_settings(MatchingSettings))
        self.actors: list[Actor] = []
        self._weights: list[float] = []  # of the actors, summed up
        self._acting: list[Actor] = []  # the one who acts now is the last
        self._in_between = False  # while others act because that one waits
        self.rounds: dict[str, Callable[[Store], bool]] = {
            "deliver-mail": self._deliver_mail,
            "deliver-webhooks": self._deliver_webhooks,
        }
        self.workers: list[Worker] = []
        self._outdated: list[Worker] = []  # that still go by other rules
        for service in OWNERS:
            self._start(service)
        self._add_weather()
        if climate.founding:
            self.network.wipe()  # there is nothing yet: all has to be made, and asked for

    def mortal_store(self, service: str) -> Store:
        """Return a service's store as a process has it that may be killed."""
        engine = MortalEngine(self.databases.engines[service], self.faults, self.ledger.took)
        return self._store(service, engine)

    def calm_store(self, service: str) -> Store:
        """Return a service's store as an onlooker has it."""
        return self._store(service, self.databases.engines[service])

    def _store(self, service: str, engine: object) -> Store:
        like_an_engine = cast(Engine, engine)
        return Store(service, like_an_engine, metadata_of(service), self.clock, self.ids)

    def settings(self, settings: type[BaseSettings]) -> BaseSettings:
        """Return the settings of whoever begins now."""
        return self.matching if settings is MatchingSettings else default_settings(settings)

    def adopt(self, pack: RulePack) -> None:
        """Deploy other rules: matching's workers are replaced, one after the other."""
        self.matching = with_rules(pack)
        self._outdated = [worker for worker in self.workers if worker.service == "matching"]

    def _start(self, service: str) -> None:
        self._start_relay(service)
        twins = 2 if service in self.faults.climate.twins else 1
        for number in range(twins):
            worker = Worker(self, service, subscriptions_class(service))
            self.workers.append(worker)
            self._add_worker(f"worker {number} of {service}", worker)

    def _start_relay(self, service: str) -> None:
        sender = self.ledger.sender(service)
        publisher = NetworkPublisher(
            self.network, sender, self.let_others_act, exchanges_of(service)
        )
        without = self.faults.climate.without
        relay = Relay(self.mortal_store(service), publisher, without)

        def step() -> None:
            try:
                relay.step()
            except (Killed, StoreUnavailable, BrokerUnavailable):
                self.faults.counts["a relay had to begin again"] += 1

        waiting = self.databases.facts[service].question(WAITING)
        self.actors.append(Actor(f"relay of {service}", waiting.rows, step, self._pace(service)))

    def _add_worker(self, name: str, worker: Worker) -> None:
        due, pace = self._due[worker.service], self._pace(worker.service)
        add = self.actors.append
        for number, ear in enumerate(worker.ears):
            add(
                Actor(
                    f"{name}: {ear.queue}",
                    _ear_at(worker, number),
                    lambda at=number: worker.step(lambda: worker.ears[at].step()),  # type: ignore[misc]
                    pace,
                )
            )
        if self.faults.climate.losses or self.faults.climate.founding:
            has_gap, mend = partial(self.network.gap, worker.service), worker.put_in_order
            add(Actor(f"{name}: missing queues", has_gap, lambda: worker.step(mend), pace))
        timers_due = self._is_due(due[NEXT_TIMER])
        add(Actor(f"{name}: timers", timers_due, lambda: worker.step(worker.fire_due)))
        occasions: dict[str, Callable[[], object]] = {
            "adopt-rule-pack": lambda: self._has_rules_to_adopt(worker)
        }
        if worker.service == "notify":
            occasions["deliver-mail"] = self._is_due(due[NEXT_LETTER])
            occasions["deliver-webhooks"] = self._is_due(due[NEXT_POST])
        for each in worker.rounds:
            occasion = occasions.get(each)
            add(
                Actor(
                    f"{name}: {each}",
                    occasion or _always,
                    lambda at=each: worker.step(lambda: worker.run_round(at)),  # type: ignore[misc]
                    weight=pace * ROUNDS if occasion else SELDOM,
                    idle=occasion is None,
                )
            )

    def _has_rules_to_adopt(self, worker: Worker) -> bool:
        latest = self.databases.latest_adoption()
        since = worker.instance._rules_used_since or self.clock.now()
        return is_due(latest, worker.instance.settings.policy.pack.version, since)

    def _is_due(self, question: "Question") -> Callable[[], bool]:
        def is_due() -> bool:
            due_at = question.answer()
            return due_at is not None and due_at <= self._now_text

        return is_due

    def _pace(self, service: str) -> float:
        """Return how often the processes of a service get to act; slow ones take larger batches."""
        return self.faults.climate.paces.get(service, 1.0)

    def _add_weather(self) -> None:
        climate, network = self.faults.climate, self.network
        add = self.actors.append
        add(Actor("the broker recovers", lambda: not network.is_well, network.recover, HEAL))
        add(Actor("other rules are deployed", lambda: self._outdated, self._deploy_rules, 0.3))
        if climate.outages:
            fall_ill, weight = network.fall_ill, climate.outages
            add(Actor("the broker falls ill", lambda: network.is_well, fall_ill, weight, idle=True))
        if climate.losses:
            lose, weight = network.lose_something, climate.losses
            add(Actor("the broker loses something", network.may_lose, lose, weight, idle=True))
        if climate.deploys:
            add(Actor("a deploy", _always, self._deploy, climate.deploys, idle=True))

    def _deploy(self) -> None:
        self.faults.counts["a worker was told to stop"] += 1
        self.chance.choice(self.workers).stop()

    def _deploy_rules(self) -> None:
        self._outdated.pop().stop()

    def _deliver_mail(self, store: Store) -> bool:
        rules = MailRules("operator@muster.example", ATTEMPTS)
        return self._deliver(store, lambda courier: deliver_mail(store, courier, rules))

    def _deliver_webhooks(self, store: Store) -> bool:
        rules = PostRules(ATTEMPTS, failures_before_disabled=20)
        return self._deliver(store, lambda courier: deliver_webhooks(store, courier, rules))

    def _deliver(self, store: Store, deliver: Callable[[Courier], bool]) -> bool:
        def meanwhile() -> None:
            self.let_others_act()
            if all(worker.store is not store for worker in self.workers):
                raise Killed("while sending")  # with all of its worker

        courier = Courier(self.far_end, meanwhile)
        try:
            return deliver(courier)
        except (Killed, StoreUnavailable):
            courier.died()
            raise

    def let_others_act(self) -> None:
        """Let others act while whoever acts now waits for something, outside of a transaction."""
        climate = self.faults.climate
        if self._in_between or not self.faults.strikes("others acted meanwhile", climate.haste):
            return
        self._in_between = True
        for _ in range(self.chance.randint(1, MEANWHILE)):
            self.step()
        self._in_between = False

    def step(self) -> bool:
        """Let somebody act, or time pass if nobody can; False if the story is at its end."""
        self._look()
        actor = self._next_actor()
        if actor is not None:
            self._acting.append(actor)
            try:
                actor.act()
            finally:
                self._acting.pop()
            return True
        moment = self.next_event_at()
        if moment is None or moment > self.clock.now() + HORIZON:
            return False
        # Some oversleep: then more is due at once.
        self.skip_to(moment + self.chance.choice(NAPS))
        return True

    def _next_actor(self) -> Actor | None:
        """Return who acts next, by weight; nobody if all who could are idle.

        Some are drawn first, whether they are ready or not: mostly one of them is, and then the
        others need not be asked.
        """
        if len(self._weights) != len(self.actors):
            self._weights = list(accumulate(actor.weight for actor in self.actors))
        for drawn in self.chance.choices(self.actors, cum_weights=self._weights, k=DRAWS):
            if drawn.is_ready() and drawn not in self._acting:
                return drawn if not drawn.idle or self._busy() else None
        busy = self._busy()
        if not busy:
            return None
        ready = [*busy, *(each for each in self.actors if each.idle and each.is_ready())]
        [chosen] = self.chance.choices(ready, [actor.weight for actor in ready])
        return chosen

    def _busy(self) -> list[Actor]:
        """Return who has something to do that the story waits for."""
        return [
            each
            for each in self.actors
            if not each.idle and each.is_ready() and each not in self._acting
        ]

    def next_event_at(self) -> datetime | None:
        """Return the next moment at which anything waits to happen."""
        questions = [question for due in self._due.values() for question in due.values()]
        moments = [self.network.next_due(), *(_moment(each.answer()) for each in questions)]
        return min((moment for moment in moments if moment is not None), default=None)

    def skip_to(self, moment: datetime) -> None:
        """Let time pass until then; at least a millisecond, and little while somebody waits."""
        most = AWHILE if self._in_between else HORIZON
        wanted = max(moment - self.clock.now(), timedelta(milliseconds=1))
        self.clock.advance(min(wanted, most))
        self._now_text = self.clock.now().strftime(SQLITE_TIME)

    def _look(self) -> None:
        self.network.admit()
        for facts in self.databases.facts.values():
            facts.look()

    def dead_letters(self) -> list[str]:
        """Return why each dead letter died."""
        return [
            f"{subscription.queue}: {letter.headers}"
            for subscription in whole_topology().subscriptions
            for letter in self.network.dead_letters(subscription.queue)
        ]


class Facts:
    """What a database answers to cheap questions; asked again only after it was written to.

    `look` before each step: during one, the answers stay what they were when it began.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self.changes = 0
        self._database = database
        self._changes_seen = -1

    def question(self, sql: str) -> "Question":
        """Return a question to ask again and again."""
        return Question(self, self._database, sql)

    def look(self) -> None:
        """Notice whether anything was written."""
        changes = self._database.total_changes
        if changes != self._changes_seen:
            self._changes_seen = changes
            self.changes += 1

    def forget(self) -> None:
        """Ask anew: it has another content."""
        self.changes += 1


class Question:
    """A question about one database."""

    def __init__(self, facts: Facts, database: sqlite3.Connection, sql: str) -> None:
        self._facts = facts
        self._database = database
        self._sql = sql
        self._asked_at = -1
        self._rows: Sequence[Any] = ()

    def rows(self) -> Sequence[Any]:
        """Return all rows."""
        changes = self._facts.changes
        if changes != self._asked_at:
            self._asked_at = changes
            self._rows = self._database.execute(self._sql).fetchall()
        return self._rows

    def answer(self) -> Any:
        """Return the first value of the first row, or None."""
        rows = self.rows()
        return rows[0][0] if rows else None


class Databases:
    """The databases of all services in this process, kept from story to story.

    Most of the cost of a new one would be to learn the same statements again.
    """

    def __init__(self) -> None:
        made = {service: _database(service) for service in OWNERS}
        self.engines: dict[str, ThinEngine] = {name: each[0] for name, each in made.items()}
        self._pristine = {name: each[1] for name, each in made.items()}
        self.facts = {name: Facts(engine.database) for name, engine in self.engines.items()}
        self._adoptions = self.facts["matching"].question(ADOPTIONS)
        self._latest: Any = None

    def when_due(self) -> Mapping[str, Mapping[str, "Question"]]:
        """Return what asks each service when something is due."""
        questions = {service: [NEXT_TIMER] for service in self.facts}
        questions["notify"] += [NEXT_LETTER, NEXT_POST]
        return {
            service: {sql: self.facts[service].question(sql) for sql in several}
            for service, several in questions.items()
        }

    def empty(self) -> None:
        """Begin with nothing: copying beats creating."""
        self.put_back(self._pristine)

    def copy(self) -> Mapping[str, sqlite3.Connection]:
        """Return copies of all databases."""
        copies = {}
        for service, engine in self.engines.items():
            copies[service] = sqlite3.connect(":memory:", check_same_thread=False)
            engine.database.backup(copies[service])
        return copies

    def put_back(self, copies: Mapping[str, sqlite3.Connection]) -> None:
        """Begin with what these copies hold."""
        for service, copied in copies.items():
            copied.backup(self.engines[service].database)
            self.engines[service].written.clear()
            self.facts[service].forget()
        self._latest = None

    def latest_adoption(self) -> Any:
        """Return the rule pack in force, as matching sees it."""
        seen = self._adoptions.rows()
        if self._latest is None or self._latest[0] != seen:
            with self.engines["matching"].connect() as connection:
                self._latest = (seen, latest_adoption(cast(Any, connection)))
        return self._latest[1]


@cache
def _database(service: str) -> tuple[ThinEngine, sqlite3.Connection]:
    engine = open_engine("sqlite://")
    with engine.begin() as connection:
        metadata_of(service).create_all(connection)
    raw = engine.raw_connection()
    database = cast(sqlite3.Connection, raw.driver_connection)
    raw.close()  # goes back to the pool of one, and stays open
    pristine = sqlite3.connect(":memory:", check_same_thread=False)
    database.backup(pristine)
    return ThinEngine(engine, database), pristine


@cache
def default_settings(settings: type[BaseSettings]) -> BaseSettings:
    """Return a service's settings as they are when nobody sets any."""
    return settings()


def with_rules(pack: RulePack) -> MatchingSettings:
    """Return matching's settings with other rules, as if they had been read from a directory."""
    settings = cast(MatchingSettings, default_settings(MatchingSettings)).model_copy()
    settings._policy = replace(settings.policy, pack=pack)
    return settings


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _ear_at(worker: Worker, number: int) -> Callable[[], object]:
    """Return what tells whether a worker's queue has anything to do; asked more than all else."""

    def is_ready() -> object:
        ear = worker.ears[number]
        return ear.hand or ear.subscriber.unsent or ear.waiting()

    return is_ready


def _always() -> bool:
    return True
