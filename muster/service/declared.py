"""Reads from a service class what it hears, times and does in the background.

The topology and the simulation are built from this, so that a service says it once.
"""

import inspect
from collections.abc import Iterator

from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from muster.messaging.topology import Subscription
from muster.service.entrypoints import Background, Subscribe, Timer

Declared = Subscribe | Timer | Background


def declared(service_class: type) -> Iterator[tuple[str, Declared]]:
    """Yield (method name, entrypoint) of each decorated method, by name."""
    for method_name, method in inspect.getmembers(service_class, inspect.isfunction):
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ()):
            yield method_name, entrypoint


def subscriptions_of(service_class: type) -> tuple[Subscription, ...]:
    """Return the queues of a service with the event types each hears."""
    name: str = service_class.name  # type: ignore[attr-defined]
    return tuple(
        entrypoint.subscription(name)
        for _, entrypoint in declared(service_class)
        if isinstance(entrypoint, Subscribe)
    )
