"""Three little services in Muster, as a deployment runs them: a process of workers, and a relay.

Each hears an event, writes a row, and says the next event, through the parts that every service of
Muster stands on: python -m benchmarks.pipeline_muster worker|relay.
"""

import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import FrameType

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table

from muster.cli.bootstrap import open_tracer
from muster.cli.processes import BUSY_PAUSE, IDLE_PAUSE, collect_seldom
from muster.clock import Clock, RandomIds, SystemClock
from muster.context import Context
from muster.contracts.dispatch import (
    CheckInMissed,
    CheckInReceived,
    JobDelayed,
    JobEvent,
    PositionReported,
)
from muster.contracts.event import Event
from muster.contracts.vocabulary.identifiers import (
    EventId,
    JobId,
    OrganisationId,
    Prefix,
    RequestId,
)
from muster.contracts.vocabulary.lifecycle import Actor
from muster.contracts.vocabulary.values import Position
from muster.messaging.envelope import Envelope
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import Subscription, Topology
from muster.observability.logs import configure_logging
from muster.service import subscribe
from muster.service.declared import subscriptions_of
from muster.service.platform import BrokerAccess, Condition, Platform
from muster.service.relay import Relay
from muster.service.rounds import Rounds
from muster.service.runner import run_services
from muster.settings import Settings
from muster.storage.bulk import add_rows
from muster.storage.columns import UtcDateTime
from muster.storage.engine import open_engine
from muster.storage.store import Store
from muster.storage.tables import service_metadata
from muster.storage.unit_of_work import UnitOfWork

FIRST, LAST = JobDelayed, CheckInMissed
REASON = "The road over the pass is closed until the morning; the team takes the coast road."
FAILS = "fails"
SINK = Subscription("end", "arrived", (LAST,))


def _metadata() -> MetaData:
    metadata = service_metadata()
    Table(
        "steps",
        metadata,
        Column("sequence", BigInteger, primary_key=True, autoincrement=True),
        Column("step_id", String(64), nullable=False),
        Column("job_id", String(64), nullable=False),
        Column("hop", Integer, nullable=False),
        Column("noted_at", UtcDateTime, nullable=False),
    )
    return metadata


METADATA = {name: _metadata() for name in ("one", "two", "three")}


def first_event(ids: RandomIds, reason: str = REASON) -> JobDelayed:
    """Return what sets a journey of three hops off; for the reason FAILS its handler fails."""
    return JobDelayed(
        job_id=JobId(ids.new(Prefix.JOB)),
        request_id=RequestId(ids.new(Prefix.REQUEST)),
        enterprise_id=OrganisationId(ids.new(Prefix.ORGANISATION)),
        provider_id=OrganisationId(ids.new(Prefix.ORGANISATION)),
        delayed=True,
        reason=reason,
    )


def first_envelope(ids: RandomIds, clock: Clock, reason: str = REASON) -> Envelope:
    """Return the first event with its circumstances."""
    context = Context(Actor("benchmark"), correlation_id=ids.new(Prefix.CORRELATION))
    event = first_event(ids, reason)
    return Envelope(EventId(ids.new(Prefix.EVENT)), clock.now(), event, context, 1)


def _check_in(event: JobEvent, now: datetime) -> Event:
    if isinstance(event, JobDelayed) and event.reason == FAILS:
        raise ValueError("this one fails")
    return CheckInReceived(**_job(event), occurred_at=now)


def _position(event: JobEvent, now: datetime) -> Event:
    return PositionReported(**_job(event), position=Position(22.28, 114.16), occurred_at=now)


def _missed(event: JobEvent, now: datetime) -> Event:
    return CheckInMissed(**_job(event), due_at=now + timedelta(hours=1), missed=1)


def _job(event: JobEvent) -> dict[str, str]:
    return {
        "job_id": event.job_id,
        "request_id": event.request_id,
        "enterprise_id": event.enterprise_id,
        "provider_id": event.provider_id,
    }


class One:
    """The first hop."""

    name = "one"

    @subscribe("steps", FIRST, batched=True)
    def take(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Write a row and say the next event, for each."""
        _hop(work, envelopes, "one", 1, _check_in)


class Two:
    """The second hop."""

    name = "two"

    @subscribe("steps", CheckInReceived, batched=True)
    def take(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Write a row and say the next event, for each."""
        _hop(work, envelopes, "two", 2, _position)


class Three:
    """The third hop."""

    name = "three"

    @subscribe("steps", PositionReported, batched=True)
    def take(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Write a row and say the last event, for each."""
        _hop(work, envelopes, "three", 3, _missed)


SERVICES = (One, Two, Three)


def _hop(
    work: UnitOfWork,
    envelopes: Sequence[Envelope],
    service: str,
    hop: int,
    then: Callable[[JobEvent, datetime], Event],
) -> None:
    rows = []
    for envelope in envelopes:
        event = envelope.event
        assert isinstance(event, JobEvent), "all that is subscribed to is about a job"
        with work.caused_by(envelope):
            work.record(then(event, work.now), version=hop)
        rows.append(
            {"step_id": envelope.id, "job_id": event.job_id, "hop": hop, "noted_at": work.now}
        )
    add_rows(work.connection, METADATA[service].tables["steps"], rows)


def topology() -> Topology:
    """Return the queues of the three services, and one where what the last says is kept."""
    own = [subscription for each in SERVICES for subscription in subscriptions_of(each)]
    return Topology((*own, SINK), owners=("dispatch",))


def open_stores(database_url: str) -> dict[str, Store]:
    """Open the store of each service; {service} in the address is filled in."""
    clock, ids = SystemClock(), RandomIds()
    return {
        name: Store(name, open_engine(database_url.format(service=name)), metadata, clock, ids)
        for name, metadata in METADATA.items()
    }


class _Asked:
    def __init__(self) -> None:
        self.to_stop = False
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.to_stop = True


def worker() -> None:
    """Take messages until SIGTERM."""
    settings, asked = Settings(), _Asked()
    configure_logging("WARNING", "worker")
    stores = open_stores(settings.database_url)
    connection = RabbitConnection(settings.amqp_url)
    access = BrokerAccess(connection, RabbitPublisher(settings.amqp_url))
    platform = Platform(
        stores=stores,
        brokers=dict.fromkeys(stores, access),
        batch_size=settings.batch_size,
        drain_seconds=settings.drain_seconds,
        tracer=open_tracer(settings, "worker"),
    )
    collect_seldom()
    try:
        run_services(SERVICES, platform, lambda: asked.to_stop)
    finally:
        connection.close()


def relay() -> None:
    """Move the three outboxes to the broker until SIGTERM."""
    settings, asked = Settings(), _Asked()
    configure_logging("WARNING", "relay")
    publisher = RabbitPublisher(settings.amqp_url)
    tracer = open_tracer(settings, "relay")
    stores = open_stores(settings.database_url).values()
    relays = [Relay(store, publisher, tracer=tracer) for store in stores]
    rounds = Rounds(relays, Condition(), publisher.reach)
    collect_seldom()
    while not asked.to_stop:
        publisher.rest(BUSY_PAUSE if rounds.turn() else IDLE_PAUSE)
    for each in relays:
        each.close()
    publisher.close()


if __name__ == "__main__":
    {"worker": worker, "relay": relay}[sys.argv[1]]()
