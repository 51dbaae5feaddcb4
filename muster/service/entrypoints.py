"""The decorators of `subscriptions.py`: subscribe, timer, background.

They run in a nameko ServiceRunner that is not monkey-patched. Each subscription has a green thread
that polls the broker without blocking and takes one batch at a time, from its first statement to
its commit, without yielding. So two batches never interleave in one process, a database lock is
never held across a switch, and psycopg and SQLite need no special care.
"""

import functools
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import eventlet
from eventlet.event import Event as Signal
from nameko.extensions import Entrypoint

from muster.contracts.event import Event
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.ports import Delivery, Subscriber
from muster.messaging.topology import Subscription
from muster.observability.metrics import BROKER_UP
from muster.observability.tracing import current
from muster.safeguards import Safeguard
from muster.service.inlet import Inlet, one_by_one, take_and_ack
from muster.service.platform import Platform
from muster.service.timekeeper import Timekeeper
from muster.storage.store import Store, StoreUnavailable

F = TypeVar("F", bound=Callable[..., Any])

SHORTEST_PAUSE, LONGEST_PAUSE = 0.001, 0.02  # seconds between polls of an idle queue
PAUSE_AFTER_FAULT = 0.5
TIMER_PAUSE = 0.1


class _MusterEntrypoint(Entrypoint):  # type: ignore[misc]
    """What ours have in common: a bound method of a service with its dependencies, and a stop."""

    def setup(self) -> None:
        self.stopping = False
        self.finished = Signal()

    @property
    def platform(self) -> Platform:
        return cast(Platform, self.container.config[Platform.CONFIG_KEY])

    @property
    def store(self) -> Store:
        return self.platform.stores[self.container.service_name]

    def bound_method(self) -> Callable[..., Any]:
        service = self.container.service_cls()
        for provider in self.container.dependencies:
            setattr(service, provider.attr_name, provider.get_dependency(None))
        return cast(Callable[..., Any], getattr(service, self.method_name))

    def stop(self) -> None:
        """Finish the batch in hand, then end; nothing else is begun."""
        self.stopping = True
        if Safeguard.DRAIN in self.platform.without:
            return
        self.finished.wait(timeout=self.platform.drain_seconds)


class Subscribe(_MusterEntrypoint):
    """Runs a method for every event a queue brings."""

    def __init__(self, name: str, *events: type[Event], batched: bool = False) -> None:
        super().__init__()
        self.name = name
        self.events = events
        self.batched = batched

    def subscription(self, service: str) -> Subscription:
        """Return the queue and bindings this stands for."""
        return Subscription(service, self.name, self.events)

    def start(self) -> None:
        """Begin to poll, in a green thread of its own; not ready until the first poll."""
        self.platform.condition.broken(self._queue_part, "not polled yet")
        self.container.spawn_managed_thread(self._run, identifier=f"subscribe:{self.name}")

    def _run(self) -> None:
        platform, method = self.platform, self.bound_method()
        subscription = self.subscription(self.container.service_name)
        broker = platform.brokers[self.container.service_name]
        inlet = Inlet(
            subscription,
            method if self.batched else one_by_one(method),
            self.store,
            broker.publisher,
            platform.without,
            platform.tracer,
        )
        subscriber = broker.subscribers.subscriber(subscription.queue, 2 * platform.batch_size)
        pause = SHORTEST_PAUSE
        try:
            while not self.stopping:
                busy = self._turn(inlet, subscriber)
                pause = SHORTEST_PAUSE if busy else min(LONGEST_PAUSE, pause * 2)
                eventlet.sleep(0 if busy else pause)
        finally:
            subscriber.close()
            self.finished.send(None)

    @property
    def _queue_part(self) -> str:
        return f"queue {self.subscription(self.container.service_name).queue}"

    def _turn(self, inlet: Inlet, subscriber: Subscriber) -> bool:
        deliveries = self._poll(subscriber, self.platform.batch_size)
        if deliveries:
            self._settle(inlet, subscriber, deliveries)
        return bool(deliveries)

    def _poll(self, subscriber: Subscriber, limit: int) -> list[Delivery]:
        """Keep the connection alive and the queues in order, and return what has come."""
        part, up = self._queue_part, BROKER_UP.labels(self.container.service_name)
        try:
            deliveries = subscriber.poll(limit)
        except (BrokerUnavailable, StoreUnavailable) as error:
            if isinstance(error, BrokerUnavailable):
                up.set(0)
            self.platform.condition.broken(part, str(error))
            eventlet.sleep(PAUSE_AFTER_FAULT)
            return []
        self.platform.condition.works(part)
        up.set(1)
        return deliveries

    def _settle(self, inlet: Inlet, subscriber: Subscriber, deliveries: list[Delivery]) -> None:
        """Take the batch and ack it after the commit; hold on to it while the store is away.

        In smaller parts after each failure: a batch may be too much for one transaction, and would
        be so for ever.
        """
        part = f"taking {inlet.subscription.queue}"
        size = len(deliveries)
        while deliveries and not self.stopping:
            try:
                take_and_ack(inlet, subscriber, deliveries[:size])
            except (StoreUnavailable, BrokerUnavailable) as error:
                self.platform.condition.broken(part, str(error))
                size = max(1, size // 2)
                eventlet.sleep(PAUSE_AFTER_FAULT)
                if isinstance(error, BrokerUnavailable):
                    # Or a queue that is missing stays so, where no other subscription looks.
                    self._poll(subscriber, 0)
            else:
                self.platform.condition.works(part)
                deliveries = deliveries[size:]


class Timer(_MusterEntrypoint):
    """Runs a method for every due timer of a kind."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def start(self) -> None:
        """Begin to look for due timers, in a green thread of its own."""
        self.container.spawn_managed_thread(self._run, identifier=f"timer:{self.kind}")

    def _run(self) -> None:
        keeper = Timekeeper(self.store, {self.kind: self.bound_method()}, self.platform.tracer)
        part = f"timer {self.kind}"
        try:
            while not self.stopping:
                pause = TIMER_PAUSE
                try:
                    pause = 0 if keeper.fire_due() else TIMER_PAUSE
                    self.platform.condition.works(part)
                except StoreUnavailable as error:
                    self.platform.condition.broken(part, str(error))
                    pause = PAUSE_AFTER_FAULT
                eventlet.sleep(pause)
        finally:
            self.finished.send(None)


class Background(_MusterEntrypoint):
    """Runs a method again and again on a real thread, so that slow I/O holds up no batch."""

    def __init__(self, name: str, *, every_seconds: float) -> None:
        super().__init__()
        self.name = name
        self.every_seconds = every_seconds

    def setup(self) -> None:
        """Prepare the thread."""
        super().setup()
        self.halt = threading.Event()

    def start(self) -> None:
        """Start the thread."""
        work = functools.partial(self._run, self.bound_method(), self.platform, self.store)
        self.thread = threading.Thread(target=work, name=f"background:{self.name}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Let the round in hand end, at most until the drain deadline, without holding up others.

        Joining the thread would keep every batch in hand from its end, and its queue from closing.
        """
        self.halt.set()
        deadline = time.monotonic() + self.platform.drain_seconds
        while self.thread.is_alive() and time.monotonic() < deadline:
            eventlet.sleep(LONGEST_PAUSE)

    def _run(self, method: Callable[[Store], bool], platform: Platform, store: Store) -> None:
        part = f"background {self.name}"
        # The thread's own: nothing is handed on to a thread by itself.
        current.set(None if platform.tracer is None else platform.tracer.quiet())
        while not self.halt.is_set():
            more = False
            try:
                more = method(store)
                platform.condition.works(part)
            except Exception as error:  # a round that fails must not end the thread
                platform.condition.broken(part, f"{type(error).__name__}: {error}")
                self.halt.wait(PAUSE_AFTER_FAULT)
            if not more:
                self.halt.wait(self.every_seconds)


def subscribe(name: str, *events: type[Event], batched: bool = False) -> Callable[[F], F]:
    """Run the method for these events; the queue is ``<service>.<name>``.

    The method takes ``(work, envelope)``, or ``(work, envelopes)`` of a whole batch if `batched`.
    It runs inside the batch's transaction, which also holds the inbox rows.
    """
    return cast(Callable[[F], F], Subscribe.decorator(name, *events, batched=batched))


def timer(kind: str) -> Callable[[F], F]:
    """Run the method ``(work, subject)`` for every due timer of this kind, in a transaction."""
    return cast(Callable[[F], F], Timer.decorator(kind))


def background(name: str, *, every_seconds: float) -> Callable[[F], F]:
    """Run the method ``(store) -> more`` repeatedly on its own thread; True means at once again."""
    return cast(Callable[[F], F], Background.decorator(name, every_seconds=every_seconds))
