"""The real application: all four services over one store each, and the queues between them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from fastapi import FastAPI

from muster.access import Caller
from muster.cli.bootstrap import (
    metadata_of,
    router_of,
    settings_of,
    subscriptions_class,
    topology,
)
from muster.clock import SeededIds, SimulatedClock
from muster.contracts.catalogue import OWNERS
from muster.messaging.memory import InMemoryBroker
from muster.observability.spans import Tracer
from muster.service import Kept, Setting
from muster.service.declared import declared
from muster.service.entrypoints import Subscribe
from muster.service.inlet import Inlet, one_by_one
from muster.service.relay import Relay
from muster.storage.engine import open_engine
from muster.storage.store import Store
from muster.web import TokenSigner, TokenVerifier, create_app, generate_keypair
from services.notify.settings import NotifySettings
from tests.http_client import client_of
from tests.stores import START

Json = dict[str, Any]

MAX_BODY_BYTES = 1_048_576
STREAM_SECONDS = 0.2  # a live stream ends soon, so that a test can read it whole


@dataclass(frozen=True)
class Application:
    """What an api process serves, with the events delivered when the test says so."""

    app: FastAPI
    client: httpx.Client
    signer: TokenSigner
    clock: SimulatedClock
    stores: Mapping[str, Store]
    broker: InMemoryBroker
    steps: tuple[Callable[[], int], ...]

    def token(self, caller: Caller) -> dict[str, str]:
        """Return the header that says who calls."""
        token = self.signer.sign(caller, now=self.clock.now(), token_id="tok_1")
        return {"Authorization": f"Bearer {token.value}"}

    def ask(
        self, caller: Caller | None, method: str, path: str, body: Any = None, **options: Any
    ) -> httpx.Response:
        """Send a request; nobody (None) sends no token."""
        headers = {**(self.token(caller) if caller else {}), **options.pop("headers", {})}
        return self.client.request(method, path, json=body, headers=headers, **options)

    def do(self, caller: Caller | None, method: str, path: str, body: Any = None) -> Any:
        """Send a request that has to succeed, let its events arrive, and return the answer."""
        answer = self.ask(caller, method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        self.settle()
        return answer.json() if answer.content else None

    def settle(self) -> None:
        """Deliver every event, and those that follow from it."""
        while sum(step() for step in self.steps):
            pass
        for subscription in topology().subscriptions:
            letters = self.broker.dead_letters(subscription.queue)
            assert not letters, [letter.headers for letter in letters]


@contextmanager
def application(url: str = "sqlite://", tracer: Tracer | None = None) -> Iterator[Application]:
    """Open the application over empty stores at `url`, in which {service} is filled in."""
    with TemporaryDirectory() as directory:
        addresses = {service: url.format(service=service) for service in OWNERS}
        if url == "sqlite://":  # the live stream reads in several threads, which need a file
            addresses["notify"] = f"sqlite:///{directory}/notify.db"
        yield from _application(addresses, tracer)


def _application(addresses: Mapping[str, str], tracer: Tracer | None) -> Iterator[Application]:
    clock, ids = SimulatedClock(START), SeededIds(1)
    stores = {}
    for service, address in addresses.items():
        engine = open_engine(address)
        metadata_of(service).create_all(engine)
        stores[service] = Store(service, engine, metadata_of(service), clock, ids)
    private, public = generate_keypair()
    signer = TokenSigner(private, "muster", 900)
    settings = {type(own): own for service in OWNERS for own in settings_of(service)}
    settings[NotifySettings] = NotifySettings(stream_max_seconds=STREAM_SECONDS)
    app = create_app(
        stores,
        {service: [router_of(service)] for service in OWNERS},
        TokenVerifier(public, "muster", clock),
        settings,
        MAX_BODY_BYTES,
        list,
        signer=signer,
        ids=ids,
        tracer=tracer,
    )
    broker = InMemoryBroker(topology(), clock)
    relays = [Relay(store, broker.publisher(), tracer=tracer) for store in stores.values()]
    queues = [taking for store in stores.values() for taking in _queues(store, broker, tracer)]
    steps = (*(relay.step for relay in relays), *queues)
    try:
        with client_of(app) as client:
            yield Application(app, client, signer, clock, stores, broker, steps)
    finally:
        for relay in relays:
            relay.close()
        for store in stores.values():
            store.engine.dispose()


def _queues(
    store: Store, broker: InMemoryBroker, tracer: Tracer | None
) -> Iterator[Callable[[], int]]:
    """Yield what takes the deliveries of each queue of a service."""
    service_class = subscriptions_class(store.service)
    instance = service_class()
    for name, provider in vars(service_class).items():
        if isinstance(provider, Setting):
            setattr(instance, name, provider.settings())
        elif isinstance(provider, Kept):
            setattr(instance, name, provider.build(provider.settings()))
    for method_name, entrypoint in declared(service_class):
        if isinstance(entrypoint, Subscribe):
            yield _taking(entrypoint, getattr(instance, method_name), store, broker, tracer)


def _taking(
    entrypoint: Subscribe,
    method: Callable[..., None],
    store: Store,
    broker: InMemoryBroker,
    tracer: Tracer | None,
) -> Callable[[], int]:
    subscription = entrypoint.subscription(store.service)
    handler = method if entrypoint.batched else one_by_one(method)
    inlet = Inlet(subscription, handler, store, broker.publisher(), tracer=tracer)
    subscriber = broker.subscriber(subscription.queue)

    def take() -> int:
        deliveries = subscriber.poll(100)
        if deliveries:
            inlet.take(deliveries)
            subscriber.ack(deliveries)
        return len(deliveries)

    return take
