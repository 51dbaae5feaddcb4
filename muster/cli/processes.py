"""The three kinds of process: api, worker, relay; and the migrations that come before them."""

import gc
import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from muster.cli import bootstrap
from muster.cli.start import MIGRATION, settings_for
from muster.messaging.blueprint import Exchange, exchanges_of
from muster.messaging.dead_letter_watch import DeadLetterWatch
from muster.messaging.declare import TopologyMismatch, declare_exchanges
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.restoring import Restorer
from muster.messaging.shared_connection import RabbitConnection
from muster.observability.endpoint import MetricsEndpoint
from muster.observability.exposition import begin_metrics
from muster.observability.logs import configure_logging
from muster.observability.measuring import API, RELAY, WORKER
from muster.observability.spans import Tracer
from muster.service.crash_points import CrashingSubscribers, CrashPoints
from muster.service.platform import BrokerAccess, Condition, Platform, SubscriberSource
from muster.service.relay import Relay
from muster.service.restoration import QueueMemory
from muster.service.rounds import Rounds
from muster.service.runner import run_services
from muster.settings import Settings
from muster.storage.store import Store
from muster.web.serve import serve

log = logging.getLogger("muster.process")

BUSY_PAUSE, IDLE_PAUSE = 0.005, 0.05  # seconds a relay rests after work, and after none


COLLECT_EVERY = 20_000
"""New objects that the collector of cycles waits for; Python's own 700 are one plan's verdicts."""


class _Asked:
    """Notes that the process was asked to stop; one for its whole life: no signal gets lost."""

    def __init__(self) -> None:
        self.to_stop = False
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGINT, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.to_stop = True


def migrate() -> None:
    """Create or upgrade the databases of the services this process serves."""
    bootstrap.migrate(settings_for(MIGRATION))


def api() -> None:
    """Serve HTTP until SIGTERM."""
    settings = settings_for(API)
    configure_logging(settings.log_level, "api")
    begin_metrics("api", settings.services)
    with _traced(settings, "api") as tracer:
        application = bootstrap.application(settings, tracer)
        collect_seldom()
        serve(
            application,
            settings.http_host,
            settings.http_port,
            lambda port: log.info("api is up", extra={"port": port}),
            drain_seconds=settings.drain_seconds,
        )


def worker() -> None:
    """Take messages and fire timers until SIGTERM, then drain.

    Raises WrongSettings, its services' own among them, before anything is waited for.
    """
    settings = settings_for(WORKER)
    configure_logging(settings.log_level, "worker")
    begin_metrics("worker", settings.services)
    asked = _Asked()
    condition = _starting()
    endpoint = MetricsEndpoint(settings.http_host, settings.metrics_port, condition.reasons)
    log.info("worker is up", extra={"port": endpoint.start()})
    if not _declared(settings, condition, asked):
        return
    stores = bootstrap.open_stores(settings)
    if not _stores_answer(stores, condition, asked):
        return
    topology = bootstrap.topology()
    connections: list[RabbitConnection] = []
    brokers: dict[str, BrokerAccess] = {}
    for address, services in _by_login(settings).items():
        restorers = [
            Restorer(topology, service, QueueMemory(stores[service], condition, settings.without))
            for service in services
        ]
        watches = [DeadLetterWatch(topology, each, stores[each].clock.now) for each in services]
        connection = RabbitConnection(address, restorers, watches=watches)
        publisher = RabbitPublisher(
            address, exchanges=_exchanges(services), on_return=connection.queue_missing
        )
        connections.append(connection)
        access = _with_crash_points(connection, settings)
        brokers |= dict.fromkeys(services, BrokerAccess(access, publisher))
    classes = [bootstrap.subscriptions_class(service) for service in settings.services]
    try:
        with _traced(settings, "worker") as tracer:
            platform = Platform(
                stores=stores,
                brokers=brokers,
                batch_size=settings.batch_size,
                drain_seconds=settings.drain_seconds,
                condition=condition,
                without=settings.without,
                tracer=tracer,
            )
            collect_seldom()
            run_services(classes, platform, lambda: asked.to_stop)
    finally:
        for each in connections:
            each.close()
        endpoint.close()


@contextmanager
def _traced(settings: Settings, process: str) -> Iterator[Tracer | None]:
    """Give what traces the process, if it is to be traced, and send its last spans at the end."""
    tracer = bootstrap.open_tracer(settings, process)
    try:
        yield tracer
    finally:
        if tracer is not None:
            tracer.close()


def collect_seldom() -> None:
    """Let the collector of cycles pass over what is there for good, and come less often.

    What the process has loaded by now lives as long as it does, and to look it all over stops the
    process for 100 ms each time. What a batch or a request makes is freed when it is done, without
    a collector, for hardly any of it is in a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, *gc.get_threshold()[1:])


def _with_crash_points(connection: RabbitConnection, settings: Settings) -> SubscriberSource:
    if settings.crash_at is None:
        return connection
    return CrashingSubscribers(connection, CrashPoints(settings.crash_at))


def relay() -> None:
    """Move the outboxes to the broker until SIGTERM."""
    settings = settings_for(RELAY)
    configure_logging(settings.log_level, "relay")
    begin_metrics("relay", settings.services)
    asked = _Asked()
    condition = _starting()
    endpoint = MetricsEndpoint(settings.http_host, settings.metrics_port, condition.reasons)
    log.info("relay is up", extra={"port": endpoint.start()})
    if not _declared(settings, condition, asked):
        return
    stores = bootstrap.open_stores(settings)
    with _traced(settings, "relay") as tracer:
        _relay(settings, stores, condition, tracer, asked)
    endpoint.close()


def _relay(
    settings: Settings,
    stores: dict[str, Store],
    condition: Condition,
    tracer: Tracer | None,
    asked: _Asked,
) -> None:
    relays: list[Relay] = []
    publishers: list[RabbitPublisher] = []
    rounds: list[Rounds] = []
    for address, services in _by_login(settings).items():
        publisher = RabbitPublisher(address, exchanges=_exchanges(services))
        own = [Relay(stores[service], publisher, settings.without, tracer) for service in services]
        name = f"broker for {', '.join(services)}"
        rounds.append(Rounds(own, condition, publisher.reach, broker=name))
        relays += own
        publishers.append(publisher)
    while not asked.to_stop:
        pause = BUSY_PAUSE if sum(each.turn() for each in rounds) else IDLE_PAUSE
        for publisher in publishers:
            publisher.rest(pause / len(publishers))
    for relay in relays:
        relay.close()
    for publisher in publishers:
        publisher.close()


def _by_login(settings: Settings) -> dict[str, list[str]]:
    """Return which services log in to the broker by which address: all by one, or each by its own.

    Raises NoSecret.
    """
    services: dict[str, list[str]] = {}
    for service in settings.services:
        services.setdefault(settings.amqp_url_of(service), []).append(service)
    return services


def _exchanges(services: Sequence[str]) -> list[Exchange]:
    return [exchange for service in services for exchange in exchanges_of(service)]


def _starting() -> Condition:
    """Return the condition of a process that has done nothing yet, and so is not ready."""
    condition = Condition()
    condition.broken("broker", "not reached yet")
    return condition


def _stores_answer(stores: dict[str, Store], condition: Condition, asked: _Asked) -> bool:
    """Wait until every store can be worked with; False if asked to stop before.

    A worker that took messages, failed and started again, over and over, would use up the number
    of times the broker delivers them, and good messages would end among the dead letters.
    """
    while not asked.to_stop:
        reasons = bootstrap.unreachable(stores)
        if not reasons:
            condition.works("stores")
            return True
        condition.broken("stores", "; ".join(reasons))
        log.warning("waiting for the stores", extra={"reason": reasons[0], "pid": os.getpid()})
        time.sleep(0.5)
    return False


def _declared(settings: Settings, condition: Condition, asked: _Asked) -> bool:
    """Declare what the services publish to, waiting for the broker; False if asked to stop before.

    At once, and in every process, because others bind their queues to it.
    """
    while not asked.to_stop:
        try:
            for address, services in _by_login(settings).items():
                declare_exchanges(address, _exchanges(services))
        except (BrokerUnavailable, TopologyMismatch) as error:
            condition.broken("broker", str(error))
            log.warning("waiting for the broker", extra={"reason": str(error), "pid": os.getpid()})
            time.sleep(0.5)
        else:
            condition.works("broker")
            return True
    return False
