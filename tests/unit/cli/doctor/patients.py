"""Patients in good health, and ways to make them ill."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from muster.cli.bootstrap import metadata_of, topology
from muster.cli.doctor.finding import Finding, Level
from muster.cli.doctor.patient import Patient
from muster.clock import SimulatedClock
from muster.contracts.catalogue import OWNERS
from muster.messaging.blueprint import Exchange, Queue
from muster.messaging.permissions import Permissions, permissions, topic_permissions
from muster.messaging.questions import Answer, Depth, May
from muster.settings import Settings
from tests.stores import START

MUSTER = topology()
FIRST = "registry"
EMPTY = Depth(messages=0, consumers=1)


@dataclass
class FakeBroker:
    """A broker in which one service has the rights it should, and all is there."""

    service: str
    rights: Permissions | None = None  # None: those it should have
    missing: frozenset[str] = frozenset()
    otherwise: dict[str, str] = field(default_factory=dict)  # name: what the broker says of it
    depths: dict[str, Depth] = field(default_factory=dict)

    def depth(self, queue: str) -> Depth | None:
        """How full a queue is."""
        return None if queue in self.missing else self.depths.get(queue, EMPTY)

    def has_exchange(self, name: str) -> bool:
        """Whether it is there."""
        return name not in self.missing

    def declare_queue(self, queue: Queue) -> Answer:
        """By the rights."""
        return self._configure(queue.name)

    def declare_exchange(self, exchange: Exchange) -> Answer:
        """By the rights."""
        return self._configure(exchange.name)

    def read(self, queue: str) -> Answer:
        """By the rights."""
        return self._by(self._rights.read, queue)

    def publish(self, exchange: str, routing_key: str) -> Answer:
        """By the rights to the exchange, and then to the topic."""
        answer = self._by(self._rights.write, exchange or "amq.default")
        topics = {each.exchange: each.write for each in topic_permissions(MUSTER, self.service)}
        if answer.may is May.YES and exchange in topics:
            return self._by(topics[exchange], routing_key)
        return answer

    def hear(self, service: str, exchange: str, routing_key: str) -> Answer:
        """By the rights to the exchange, and then to the topic."""
        answer = self._by(self._rights.read, exchange)
        topics = {each.exchange: each.read for each in topic_permissions(MUSTER, self.service)}
        return answer if answer.may is May.NO else self._by(topics[exchange], routing_key)

    @property
    def _rights(self) -> Permissions:
        return self.rights or permissions(MUSTER, self.service)

    def _configure(self, name: str) -> Answer:
        answer = self._by(self._rights.configure, name)
        if answer.may is May.YES and name in self.otherwise:
            return Answer(May.OTHERWISE, self.otherwise[name])
        return answer

    def _by(self, pattern: str, name: str) -> Answer:
        if re.search(pattern, name):
            return Answer(May.YES)
        return Answer(May.NO, f"access to {name!r} refused")


@dataclass
class FakeDatabase:
    """A database of PostgreSQL in which one service has the rights it should."""

    service: str
    kind: str = "postgresql"
    at: str | None = "head"
    clock: datetime | None = START
    owner: bool = False
    more: dict[str, frozenset[str]] = field(default_factory=dict)  # rights beyond, by table
    fewer: dict[str, frozenset[str]] = field(default_factory=dict)
    enters: frozenset[str] = frozenset()

    def revision(self) -> str | None:
        """Which migration was the last."""
        if self.at != "head":
            return self.at
        from alembic.script import ScriptDirectory

        from muster.cli.bootstrap import migrations_of

        return ScriptDirectory(str(migrations_of(self.service))).get_current_head()

    def now(self) -> datetime | None:
        """What time it is there."""
        return self.clock

    def rights(self, table: str) -> frozenset[str]:
        """What the login may do with a table."""
        found = metadata_of(self.service).tables[table]
        usual = {"SELECT", "INSERT"}
        if not found.info.get("muster_record"):
            usual |= {"UPDATE", "DELETE"}
        return frozenset(usual) - self.fewer.get(table, frozenset()) | self.more.get(
            table, frozenset()
        )

    def owns(self, table: str) -> bool:
        """Whether the login owns a table."""
        return self.owner

    def may_enter(self, database: str) -> bool:
        """Whether the login may connect to another database."""
        return database in self.enters

    def tables(self) -> frozenset[str]:
        """Which tables there are."""
        return frozenset(metadata_of(self.service).tables)


def bindings() -> frozenset[tuple[str, str, str]]:
    """Every binding there should be."""
    from muster.messaging.blueprint import queues

    return frozenset(
        (exchange, queue.name, key) for queue in queues(MUSTER) for exchange, key in queue.bindings
    )


def healthy(**changes: Any) -> Patient:
    """A patient to whom nothing is wrong, but for these changes."""
    well = Patient(
        settings=Settings(
            amqp_url="amqp://muster_{service}:pw@broker/%2F",
            database_url="postgresql+psycopg://muster_{service}:pw@db/muster_{service}",
        ),
        topology=MUSTER,
        brokers={service: FakeBroker(service) for service in OWNERS},
        databases={service: FakeDatabase(service) for service in OWNERS},
        bindings=bindings,
        clock=SimulatedClock(START),
    )
    return replace(well, **changes)


def with_broker(broker: FakeBroker) -> Patient:
    """A patient to whom nothing is wrong, but for one service's broker."""
    brokers = {service: FakeBroker(service) for service in OWNERS}
    return healthy(brokers=brokers | {broker.service: broker})


def with_database(database: FakeDatabase, **changes: Any) -> Patient:
    """A patient to whom nothing is wrong, but for one service's database."""
    databases = {service: FakeDatabase(service) for service in OWNERS}
    return healthy(databases=databases | {database.service: database}, **changes)


def troubles(findings: Iterator[Finding]) -> list[Finding]:
    """What has to be mended."""
    return [finding for finding in findings if finding.level is Level.TROUBLE]


def levels(findings: Iterable[Finding]) -> set[Level]:
    """How the findings are to be taken."""
    return {finding.level for finding in findings}
