"""What the user of a service may do, as regular expressions that RabbitMQ matches with names."""

import re

import pytest

from muster.cli.bootstrap import topology
from muster.contracts.catalogue import EVENT_TYPES, OWNERS
from muster.messaging.blueprint import exchanges, queues
from muster.messaging.permissions import permissions, topic_permissions
from muster.messaging.topology import events_exchange, retry_exchange
from tests.unit.messaging.builders import HOUSE

MUSTER = topology()
QUEUES = [queue.name for queue in queues(MUSTER)]
EVERYTHING = [exchange.name for exchange in exchanges(MUSTER)] + QUEUES


def allowed(pattern: str, names: list[str]) -> set[str]:
    """Those of the names in which RabbitMQ would find the pattern: it searches, as re.search."""
    return {name for name in names if re.search(pattern, name)}


def belonging_to(service: str) -> set[str]:
    """Every exchange and queue of a service."""
    return {name for name in EVERYTHING if name.split(".")[0] == service}


@pytest.mark.parametrize("service", OWNERS)
def test_a_service_configures_and_writes_its_own_and_nothing_else(service: str) -> None:
    """Its exchanges and queues are those that begin with its name."""
    rights = permissions(MUSTER, service)

    assert allowed(rights.configure, EVERYTHING) == belonging_to(service)
    assert allowed(rights.write, EVERYTHING) == belonging_to(service)
    assert events_exchange(service) in belonging_to(service)


@pytest.mark.parametrize("service", OWNERS)
def test_a_service_reads_its_own_and_the_event_exchanges_it_hears(service: str) -> None:
    """It binds its queues to them.

    Rights do not tell queues from exchanges: no queue of another may have the name of one of them.
    """
    heard = {
        exchange
        for subscription in MUSTER.subscriptions
        if subscription.service == service
        for exchange, _ in subscription.bindings()
    }

    readable = allowed(permissions(MUSTER, service).read, EVERYTHING)

    assert readable == belonging_to(service) | heard
    assert allowed(permissions(MUSTER, service).read, QUEUES) <= belonging_to(service)


@pytest.mark.parametrize("service", OWNERS)
@pytest.mark.parametrize(
    "name",
    [
        "{}x.events",
        "x{}.events",
        "x.{}.events",
        "{}",
        "{}.",
        "{}-events",
        "amq.default",
        "amq.topic",
        "",
    ],
)
def test_a_name_that_only_resembles_ones_own_is_anothers(service: str, name: str) -> None:
    """Patterns hold from the first character to the last, and dots are dots."""
    rights = permissions(MUSTER, service)
    alike = [name.format(service)]

    assert not allowed(rights.configure, alike)
    assert not allowed(rights.write, alike)
    assert not allowed(rights.read, alike)


@pytest.mark.parametrize("service", OWNERS)
def test_a_service_says_only_its_own_events_on_its_own_exchange(service: str) -> None:
    """Every event exchange has topic permissions for everybody: without, all keys are allowed."""
    keys = [event.routing_key() for event in EVENT_TYPES.values()]
    own = {event.routing_key() for event in EVENT_TYPES.values() if event.owner() == service}

    topics = {each.exchange: each for each in topic_permissions(MUSTER, service)}

    assert set(topics) == {events_exchange(owner) for owner in OWNERS}
    for exchange, topic in topics.items():
        said = own if exchange == events_exchange(service) else set()
        assert allowed(topic.write, keys) == said


@pytest.mark.parametrize("service", OWNERS)
def test_a_service_hears_only_the_events_it_subscribes_to(service: str) -> None:
    """No wildcard, and no key that only begins alike."""
    heard = {
        binding
        for subscription in MUSTER.subscriptions
        if subscription.service == service
        for binding in subscription.bindings()
    }
    keys = sorted({event.routing_key() for event in EVENT_TYPES.values()})
    tricks = [
        "#",
        "*",
        f"{keys[0]}.more",
        f"more.{keys[0]}",
        f"{keys[0]}|",
        keys[0].replace(".", "-"),
    ]

    for topic in topic_permissions(MUSTER, service):
        expected = {key for exchange, key in heard if exchange == topic.exchange}
        assert allowed(topic.read, keys + tricks) == expected


def test_an_owner_that_hears_nothing_still_says_its_own() -> None:
    """It reads its own names and hears no event, not even its own."""
    rights = permissions(HOUSE, "house")
    (topic,) = topic_permissions(HOUSE, "house")

    assert rights.read == rights.write == r"^(house\..+)$"
    assert (topic.write, topic.read) == (r"^(house\..+)$", "^$")


def test_retries_and_dead_letters_are_ones_own_business() -> None:
    """Where they go is covered; where another's go is not."""
    write = permissions(HOUSE, "guard").write

    assert re.search(write, retry_exchange("guard", 5))
    assert not re.search(write, retry_exchange("house", 5))
