"""A worker process: its queues, timers and background rounds, and what it keeps in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from muster.contracts.vocabulary.errors import TransientError
from muster.messaging.envelope import Envelope
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.ports import Delivery
from muster.messaging.restoring import Restorer
from muster.messaging.topology import Subscription
from muster.safeguards import Safeguard
from muster.service import Kept, Setting
from muster.service.declared import Declared, declared
from muster.service.entrypoints import Background, Subscribe, Timer
from muster.service.inlet import BatchHandler, Inlet, one_by_one, take_and_ack
from muster.service.restoration import QueueMemory
from muster.service.timekeeper import Timekeeper
from muster.storage.store import Store, StoreUnavailable
from muster.storage.unit_of_work import UnitOfWork
from services.matching.matcher import Matcher
from tests.simulation.faults import Killed
from tests.simulation.ledger import whole_topology
from tests.simulation.network import NetworkBroker, NetworkPublisher, NetworkSubscriber

if TYPE_CHECKING:
    from tests.simulation.machinery import Machinery

BATCH = 20
TIMERS_AT_ONCE = 10

Round = Callable[[Store], bool]


class Worker:
    """One worker of one service. Whatever is killed in it takes all of it along."""

    def __init__(self, machinery: "Machinery", service: str, service_class: type) -> None:
        self.service = service
        self.rounds: dict[str, Round] = {}
        self.ears: list[Ear] = []
        self.instance: Any = None
        self._machinery = machinery
        self._class = service_class
        self._begin()

    def step(self, act: Callable[[], object]) -> None:
        """Do something, or die of it; another process begins then. What fails is tried again."""
        try:
            act()
        except Killed:
            self.replace()
        except (StoreUnavailable, BrokerUnavailable):
            self._machinery.faults.counts["a worker had to wait"] += 1

    def replace(self) -> None:
        """End as a process ends that is killed; another begins."""
        for ear in self.ears:
            ear.subscriber.close()
        self._begin()

    def stop(self) -> None:
        """End as a process does that is told to: batches in hand are finished; another begins.

        Unless store or broker are in the way, nothing goes back to a queue to come again.
        """
        hindered = 0
        if Safeguard.DRAIN not in self._machinery.faults.climate.without:
            hindered = sum(not ear.drain() for ear in self.ears)
        before = self._handed_out()
        self.replace()
        back = before - self._handed_out()
        problem = f"an orderly stop made {back} messages come again"
        self._machinery.breaches.unless(hindered > 0 or back == 0, problem)

    def _handed_out(self) -> int:
        return sum(self._machinery.network.handed_out(ear.queue) for ear in self.ears)

    def fire_due(self) -> None:
        """Fire what is due."""
        self._keeper.fire_due(TIMERS_AT_ONCE)

    def put_in_order(self) -> None:
        """Make what the service has lost at the broker, and ask for what was missed."""
        network, store = self._machinery.network, self.store
        without = self._machinery.faults.climate.without
        memory = QueueMemory(store, without=without)
        restorer = Restorer(whole_topology(), self.service, memory)

        def meanwhile() -> None:
            self._machinery.faults.may_kill("while making queues")
            self._machinery.let_others_act()
            if self.store is not store:
                raise Killed("while making queues")  # with all of its worker

        gap = network.gap(self.service)
        if restorer.put_in_order(NetworkBroker(network, meanwhile)):
            network.mended(self.service, gap)

    def run_round(self, name: str) -> None:
        """Do a background round."""
        self.rounds[name](self.store)

    def _begin(self) -> None:
        """Begin as a fresh process: with nothing in memory."""
        machinery = self._machinery
        self.store = machinery.mortal_store(self.service)
        self.instance = self._class()
        self._give_dependencies()
        self.ears = []
        handlers = {}
        for method_name, entrypoint in _declared(self._class):
            method = getattr(self.instance, method_name)
            if isinstance(entrypoint, Subscribe):
                handler = method if entrypoint.batched else one_by_one(method)
                subscription = entrypoint.subscription(self.service)
                self.ears.append(Ear(machinery, subscription, handler, self.store))
            elif isinstance(entrypoint, Timer):
                handlers[entrypoint.kind] = method
            elif isinstance(entrypoint, Background) and not _only_measures(entrypoint):
                self.rounds[entrypoint.name] = machinery.rounds.get(entrypoint.name, method)
        self._keeper = Timekeeper(self.store, handlers)

    def _give_dependencies(self) -> None:
        machinery = self._machinery
        for name, provider in vars(self._class).items():
            if isinstance(provider, Setting):
                setattr(self.instance, name, machinery.settings(provider.settings))
            elif isinstance(provider, Kept):
                kept = provider.build(machinery.settings(provider.settings))
                setattr(self.instance, name, self._timeless(kept))

    def _timeless(self, kept: object) -> object:
        """Return it with a clock that stands still: no solver ever runs out of time."""
        without = self._machinery.faults.climate.without
        if isinstance(kept, Matcher):
            return replace(kept, clock=_standstill, without=without)
        return kept


@cache  # looking for them costs as much as making the worker
def _declared(service_class: type) -> Sequence[tuple[str, Declared]]:
    return tuple(declared(service_class))


def _only_measures(entrypoint: Background) -> bool:
    """Tell whether it only looks, for operators, of whom there are none here."""
    return entrypoint.name.startswith("measure-")


def _standstill() -> float:
    return 0.0


class Ear:
    """One queue as one worker hears it: takes a batch, handles it, acks it, step by step."""

    def __init__(
        self,
        machinery: "Machinery",
        subscription: Subscription,
        handler: BatchHandler,
        store: Store,
    ) -> None:
        self.queue = subscription.queue
        self.subscriber = NetworkSubscriber(machinery.network, self.queue)
        self.waiting = machinery.network.waiting(self.queue)
        self._machinery = machinery
        self._handler = handler
        self._store = store
        self._effects: list[Any] = store.engine.effects  # type: ignore[attr-defined]
        publisher = NetworkPublisher(machinery.network)
        without = machinery.faults.climate.without
        self._inlet = Inlet(subscription, self._handle, store, publisher, without)
        self._failing: set[str] = set()
        self.hand: list[Delivery] = []  # taken, and not handled yet

    def step(self) -> None:
        """Take the next step: ack, or take a batch and, mostly at once, handle it."""
        if self.subscriber.unsent:
            self.subscriber.flush()
            return
        if not self.hand:
            limit = self._machinery.chance.randint(1, BATCH)
            self.hand = self.subscriber.poll(limit)
            faults = self._machinery.faults
            if faults.strikes("pause after taking", faults.climate.lingering):
                return
        self._settle()

    def drain(self) -> bool:
        """Finish what is in hand; False if store, broker or death do not let it."""
        try:
            self._settle()
        except (StoreUnavailable, BrokerUnavailable, Killed):
            return False
        self.subscriber.flush()
        return True

    def _settle(self) -> None:
        if self.hand:
            self._failing = {each.message_id for each in self.hand if self._fails_for_now()}
            take_and_ack(self._inlet, self.subscriber, self.hand)
            self.hand = []

    def _fails_for_now(self) -> bool:
        """Tell whether the handler fails for a message, alone or not, until it is retried."""
        faults = self._machinery.faults
        return faults.strikes("a handler failed for now", faults.climate.failures)

    def _handle(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        if any(envelope.id in self._failing for envelope in envelopes):
            raise TransientError("not now")
        self._handler(work, envelopes)
        self._effects.extend((self.queue, envelope) for envelope in envelopes)
