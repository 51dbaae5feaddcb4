"""What a service's user may do at RabbitMQ: what its part of the topology needs, and no more.

A service owns every name that begins with its own and a dot: its exchanges and its queues. Besides,
it may bind its queues to the event exchanges it hears. Topic permissions say which events: RabbitMQ
asks them for the routing key of whatever is published to a topic exchange or bound to it, and where
there is none it allows all, so every event exchange has one, also for those who have no part in it.
Nobody may publish to the default exchange, for it reaches every queue of everybody.
"""

import re
from dataclasses import dataclass

from muster.messaging.blueprint import exchanges
from muster.messaging.topology import Topology, events_exchange

NOTHING = "^$"


@dataclass(frozen=True)
class Permissions:
    """Regular expressions for the names that a user may configure, write to and read from."""

    configure: str
    write: str
    read: str


@dataclass(frozen=True)
class TopicPermissions:
    """Regular expressions for the routing keys a user may publish to an exchange and bind to it."""

    exchange: str
    write: str
    read: str


def permissions(topology: Topology, service: str) -> Permissions:
    """Return what a service may do with which exchanges and queues."""
    own = _names_of(service)
    heard = sorted({exchange for exchange, _ in _bindings(topology, service)})
    return Permissions(own, own, _any([_owned_by(service), *map(re.escape, heard)]))


def topic_permissions(topology: Topology, service: str) -> list[TopicPermissions]:
    """Return which events a service may say and hear, for every event exchange there is."""
    bindings = _bindings(topology, service)
    result = []
    for exchange in (each.name for each in exchanges(topology) if each.kind == "topic"):
        heard = sorted({key for source, key in bindings if source == exchange})
        says = _names_of(service) if exchange == events_exchange(service) else NOTHING
        hears = _any([re.escape(key) for key in heard]) if heard else NOTHING
        result.append(TopicPermissions(exchange, says, hears))
    return result


def _bindings(topology: Topology, service: str) -> list[tuple[str, str]]:
    own = (each for each in topology.subscriptions if each.service == service)
    return [binding for subscription in own for binding in subscription.bindings()]


def _names_of(service: str) -> str:
    return _any([_owned_by(service)])


def _owned_by(service: str) -> str:
    return rf"{re.escape(service)}\..+"


def _any(patterns: list[str]) -> str:
    return f"^({'|'.join(patterns)})$"
