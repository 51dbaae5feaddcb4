"""A worker of matching that buries what it is told to refuse."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta

from sqlalchemy import func, select

from muster.cli.bootstrap import metadata_of, topology
from muster.clock import SimulatedClock, SystemClock
from muster.contracts.vocabulary.errors import DomainError
from muster.contracts.vocabulary.identifiers import CapabilityId, EventId
from muster.messaging.envelope import Envelope
from muster.messaging.ports import OutboundMessage, Outcome
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import events_exchange
from muster.service.inlet import Inlet, take_and_ack
from muster.storage.unit_of_work import UnitOfWork
from services.matching import projection
from services.matching.use_cases.project_registry import project_registry
from tests.events import SOMEBODY, an_event
from tests.stores import memory_store
from tests.unit.matching.builders import capability_changed
from tests.waiting import eventually

QUEUE = "matching.registry"
REGISTRY = next(s for s in topology().subscriptions if s.queue == QUEUE)

Muster = Callable[..., tuple[int, str, str]]
"""Types `muster dead-letters …`, and returns exit code, output and errors."""


class World:
    """Matching's ear for the registry, on a RabbitMQ of its own; it refuses what it is told to."""

    def __init__(self, amqp_url: str) -> None:
        self.amqp_url = amqp_url
        self.clock = SimulatedClock(SystemClock().now())
        self.store = memory_store("matching", metadata_of("matching"), self.clock)
        self.refused: set[str] = set()
        self.publisher = RabbitPublisher(amqp_url)
        self.connection = RabbitConnection(amqp_url)
        self.subscriber = self.connection.subscriber(QUEUE, 100)
        self.inlet = Inlet(REGISTRY, self._project, self.store, self.publisher)

    def publish(self, number: int, version: int = 1, body: bytes | None = None) -> None:
        """Have the registry say what a capability has become; its capacity is its version."""
        event = capability_changed("guards", version=version, capacity=version)
        envelope = Envelope(EventId(f"evt_{number}"), self.clock.now(), event, SOMEBODY, version)
        message = OutboundMessage(
            exchange=events_exchange("registry"),
            routing_key=event.routing_key(),
            message_id=envelope.id,
            type=event.event_type,
            body=envelope.to_json() if body is None else body,
        )
        assert self.publisher.publish([message]) == [Outcome.CONFIRMED]

    def work(self, until: Callable[[], bool]) -> None:
        """Be a worker until it is so."""

        def step() -> bool:
            if deliveries := self.subscriber.poll(100):
                take_and_ack(self.inlet, self.subscriber, deliveries)
            return until()

        eventually(step)

    def bury(self, *numbers: int, version: int = 1) -> None:
        """Have messages refused, one after the other, until all are dead letters."""
        for number in numbers:
            self.refused.add(f"evt_{number}")
            self.publish(number, version)
            self.work(lambda number=number: f"evt_{number}" in self.letters())  # type: ignore[misc]
        self.refused.clear()

    def letters(self) -> list[str]:
        """Return the ids of the dead letters, in their order, when they lie there again."""
        found: list[str] = []
        with closing(RabbitConnection(self.amqp_url)) as other:
            channel = other.channel()
            while True:
                method, properties, _ = channel.basic_get(REGISTRY.dead_letter_queue)
                if method is None:
                    break
                found.append(properties.message_id or "")
        # Whoever hangs up gives back what it held, but the queue has it only a moment later.
        eventually(lambda: self._lying() >= len(found))
        return found

    def _lying(self) -> int:
        with self.connection.channel() as channel:
            declared = channel.queue_declare(REGISTRY.dead_letter_queue, passive=True)
            return int(declared.method.message_count)

    def set_back(self, by: timedelta) -> None:
        """Say from now on what is so much older."""
        self.clock = SimulatedClock(self.clock.now() - by)

    def effects(self) -> int:
        """Return how many messages took effect."""
        outbox = self.store.metadata.tables["outbox_messages"]
        with self.store.read() as connection:
            return connection.execute(select(func.count()).select_from(outbox)).scalar_one()

    def capacity(self) -> int:
        """Return what the projection holds."""
        identifier = CapabilityId("cap_guards")
        with self.store.read() as connection:
            return projection.load_capabilities(connection, {identifier})[identifier].capacity

    def close(self) -> None:
        """Hang up."""
        self.connection.close()
        self.publisher.close()

    def _project(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            if envelope.id in self.refused:
                raise DomainError(f"{envelope.id} is not wanted")
            with work.caused_by(envelope):
                work.record(an_event(reference=envelope.id))
        project_registry(work, [envelope.event for envelope in envelopes])
