"""What is examined: settings, and ways to ask the broker and the databases they name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from muster.clock import Clock, SystemClock
from muster.messaging.blueprint import Exchange, Queue
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.questions import Answer, Depth
from muster.messaging.topology import Topology
from muster.settings import SERVICE, Settings

Binding = tuple[str, str, str]  # exchange, queue, routing key


class Broker(Protocol):
    """The questions one user can ask of a broker; `messaging.questions` asks a real one."""

    def depth(self, queue: str) -> Depth | None:
        """Return how full a queue is, or None if it is not there."""
        ...

    def has_exchange(self, name: str) -> bool:
        """Tell whether there is such an exchange."""
        ...

    def declare_queue(self, queue: Queue) -> Answer:
        """Tell whether this user may make the queue, and whether it is as it should be."""
        ...

    def declare_exchange(self, exchange: Exchange) -> Answer:
        """Tell whether this user may make the exchange, and whether it is as it should be."""
        ...

    def read(self, queue: str) -> Answer:
        """Tell whether this user may take messages from a queue."""
        ...

    def publish(self, exchange: str, routing_key: str) -> Answer:
        """Tell whether this user may publish this to an exchange."""
        ...

    def hear(self, service: str, exchange: str, routing_key: str) -> Answer:
        """Tell whether this user may bind a service's queues to an event."""
        ...


class Database(Protocol):
    """The questions one service's login can ask of its database; `databases` asks a real one."""

    kind: str  # "sqlite" or "postgresql"

    def revision(self) -> str | None:
        """Return which migration was the last; None if there was none."""
        ...

    def now(self) -> datetime | None:
        """Return the time there; None where there is no clock but this machine's."""
        ...

    def rights(self, table: str) -> frozenset[str]:
        """Return what this login may do with a table: SELECT, INSERT, UPDATE, DELETE, TRUNCATE."""
        ...

    def owns(self, table: str) -> bool:
        """Tell whether this login owns a table, and so may do everything with it."""
        ...

    def may_enter(self, database: str) -> bool:
        """Tell whether this login may connect to another database of this server."""
        ...

    def tables(self) -> frozenset[str]:
        """Return the names of the tables there are."""
        ...


class DatabaseUnusable(Exception):
    """A database cannot be asked. The message says why, without its password."""


@dataclass(frozen=True)
class Process:
    """One process of this machine, as its supervisor and its /readyz tell it."""

    name: str
    why_not_ready: str | None


@dataclass(frozen=True)
class Patient:
    """All that is examined. What could not be opened has its error in place of it."""

    settings: Settings
    topology: Topology
    brokers: Mapping[str, Broker | BrokerUnavailable]  # by service, each with its own login
    databases: Mapping[str, Database | DatabaseUnusable]  # by service
    directory: Path | None = None  # of a `muster up`; None: settings from the environment
    processes: tuple[Process, ...] = ()
    bindings: Callable[[], frozenset[Binding]] | None = None  # None: nobody here can tell
    broker_time: Callable[[], datetime | None] | None = None
    secret_files: tuple[Path, ...] = ()
    data_directories: tuple[Path, ...] = ()
    rule_pack_directory: Path | None = None  # None: the rules that come with Muster
    clock: Clock = field(default_factory=SystemClock)

    @property
    def separate_logins(self) -> bool:
        """Tell whether each service logs in to the broker as somebody of its own."""
        return SERVICE in self.settings.amqp_url

    @property
    def names_a_broker(self) -> bool:
        """Tell whether somebody said where the broker is; the api's settings need not."""
        return "amqp_url" in self.settings.model_fields_set

    @property
    def migrates_itself(self) -> bool:
        """Tell whether it runs as the owner of its tables, as `muster up` has to."""
        return self.directory is not None

    @property
    def answering_brokers(self) -> dict[str, Broker]:
        """Return the broker of each service whose login works."""
        found = self.brokers.items()
        return {each: to for each, to in found if not isinstance(to, BrokerUnavailable)}

    @property
    def answering_databases(self) -> dict[str, Database]:
        """Return the database of each service that can be asked."""
        found = self.databases.items()
        return {each: to for each, to in found if not isinstance(to, DatabaseUnusable)}
