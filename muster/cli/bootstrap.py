"""Puts services and foundation together; every process starts here."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from pydantic_settings import BaseSettings
from sqlalchemy import MetaData, select
from sqlalchemy.exc import SQLAlchemyError

from muster.clock import RandomIds, SystemClock
from muster.context import Context
from muster.contracts.catalogue import OWNERS
from muster.contracts.vocabulary.identifiers import Prefix
from muster.contracts.vocabulary.kinds import Role
from muster.contracts.vocabulary.lifecycle import Actor
from muster.messaging.topology import Topology
from muster.observability.spans import Tracer
from muster.service.crash_points import CrashingStore, CrashPoints
from muster.service.declared import subscriptions_of
from muster.settings import Settings
from muster.storage.engine import open_engine
from muster.storage.migrations import upgrade
from muster.storage.pool import show_pool
from muster.storage.records import protect_records
from muster.storage.store import Store, StoreUnavailable
from muster.web.app import create_app
from muster.web.tokens import TokenSigner, TokenVerifier


def metadata_of(service: str) -> MetaData:
    """Return the tables of a service."""
    return cast(MetaData, import_module(f"services.{service}.tables").metadata)


def router_of(service: str) -> Any:
    """Return the HTTP routes of a service (a FastAPI router, which only the web room knows)."""
    return import_module(f"services.{service}.api").router


def subscriptions_class(service: str) -> type:
    """Return the nameko class of a service."""
    module = import_module(f"services.{service}.subscriptions")
    return cast(type, getattr(module, f"{service.capitalize()}Subscriptions"))


def topology() -> Topology:
    """Return every queue of every service, whichever of them this process runs."""
    return Topology(
        tuple(
            subscription
            for service in OWNERS
            for subscription in subscriptions_of(subscriptions_class(service))
        )
    )


def open_stores(settings: Settings) -> dict[str, Store]:
    """Open the store of each service this process serves."""
    clock, ids = SystemClock(), RandomIds()
    kind: Callable[..., Store] = Store
    if settings.crash_at is not None:
        kind = partial(CrashingStore, points=CrashPoints(settings.crash_at))
    stores = {
        service: kind(
            service,
            open_engine(settings.database_url_of(service)),
            metadata_of(service),
            clock,
            ids,
        )
        for service in settings.services
    }
    for service, store in stores.items():
        show_pool(service, store.engine)
    return stores


def settings_of(service: str) -> list[BaseSettings]:
    """Return the service's own settings, validated, if it has any."""
    name = f"services.{service}.settings"
    if find_spec(name) is None:
        return []
    return [getattr(import_module(name), f"{service.capitalize()}Settings")()]


def open_tracer(settings: Settings, process: str) -> Tracer | None:
    """Return what traces this process; None where tracing is off, and then nothing is imported."""
    if not settings.trace_sample_ratio or settings.otlp_endpoint is None:
        return None
    from muster.observability.otlp import open_sink

    sink = open_sink(str(settings.otlp_endpoint), process)
    return Tracer(sink, settings.trace_sample_ratio)


def application(settings: Settings, tracer: Tracer | None = None) -> Any:
    """Return the HTTP application (ASGI) of the services this process serves."""
    stores = open_stores(settings)
    clock = SystemClock()
    own = [value for service in settings.services for value in settings_of(service)]
    signer = None
    if settings.token_private_key_file is not None:
        signer = TokenSigner(
            settings.token_private_key_file.read_bytes(),
            settings.token_issuer,
            settings.token_lifetime_seconds,
        )
    return create_app(
        stores,
        {service: [router_of(service)] for service in settings.services},
        TokenVerifier(settings.token_public_key_file.read_bytes(), settings.token_issuer, clock),
        {type(value): value for value in own},
        settings.max_body_bytes,
        lambda: unreachable(stores),
        signer=signer,
        tracer=tracer,
    )


def unreachable(stores: dict[str, Store]) -> list[str]:
    """Return a reason for each store that does not answer, or has not the tables it should."""
    reasons = []
    for service, store in sorted(stores.items()):
        try:
            with store.read() as connection:
                connection.execute(select(store.metadata.tables["outbox_messages"]).limit(1))
        except (StoreUnavailable, SQLAlchemyError) as error:
            reasons.append(f"store of {service}: {error}")
    return reasons


def migrations_of(service: str) -> Path:
    """Return the folder of a service's migrations."""
    package = import_module(f"services.{service}")
    return Path(str(package.__file__)).parent / "migrations"


def migrate(settings: Settings) -> None:
    """Create or upgrade the database of each service this process serves."""
    for service in settings.services:
        url = settings.database_url_of(service)
        engine = open_engine(url)
        if engine.dialect.name == "sqlite" and engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        upgrade(migrations_of(service), engine)
        protect_records(engine, metadata_of(service))
        engine.dispose()


def create_operator(settings: Settings) -> tuple[str, str]:
    """Issue an API client of role operator straight into the registry's store.

    Returns its id and secret; the secret is kept nowhere else. This is how the first operator
    comes to be; later ones are issued over HTTP.
    """
    clock, ids = SystemClock(), RandomIds()
    store = Store(
        "registry",
        open_engine(settings.database_url_of("registry")),
        metadata_of("registry"),
        clock,
        ids,
    )
    issue = import_module("services.registry.use_cases.issue_api_client").issue_api_client
    new_secret = import_module("services.registry.client_secrets").random_secret
    context = Context(Actor("command line"), correlation_id=ids.new(Prefix.CORRELATION))
    issued = store.transact(
        context,
        lambda work: issue(
            work,
            role=Role.OPERATOR,
            name=f"operator of {clock.now():%Y-%m-%d %H:%M:%S.%f}",
            organisation_id=None,
            new_secret=new_secret,
        ),
    )
    store.engine.dispose()
    return issued.client.client_id, issued.secret
