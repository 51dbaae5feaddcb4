"""What a service's user may do at RabbitMQ, and above all what it may not."""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker, UnroutableError

from muster.cli.bootstrap import topology
from muster.cli.node import Node
from muster.contracts.catalogue import OWNERS
from muster.contracts.matching import RequestConfirmed, RequestSubmitted
from muster.contracts.notify import NotificationFailed
from muster.contracts.registry import CapabilityChanged
from muster.messaging.blueprint import exchanges, exchanges_of, queues
from muster.messaging.broker_users import Login, definitions
from muster.messaging.declare import TopologyMismatch, declare, declare_exchanges
from muster.messaging.ports import Delivery, OutboundMessage, Outcome
from muster.messaging.publisher import RabbitPublisher
from muster.messaging.retries import dead_letter_message, retry_message
from muster.messaging.shared_connection import RabbitConnection
from muster.messaging.topology import events_exchange, return_exchange
from tests.conformance.brokers import received
from tests.stores import START
from tests.unit.messaging.builders import delivery

pytestmark = pytest.mark.broker

MUSTER = topology()
QUEUES = [queue.name for queue in queues(MUSTER)]
MATCHINGS = [name for name in QUEUES if name.startswith("matching.")]
SOURCING = "matching.sourcing"
ACCESS_REFUSED = 403


@dataclass(frozen=True)
class Alliance:
    """A virtual host with one user for each service, and everything declared by these users."""

    address: str
    logins: dict[str, Login]

    def url(self, service: str) -> str:
        """Where a service logs in."""
        login = self.logins[service]
        return f"amqp://{login.user}:{login.password}@{self.address}/{login.vhost}"

    def refused(self, service: str, attempt: Callable[[BlockingChannel], object]) -> str:
        """What the broker says when it forbids this; the test fails if it does not."""
        with pika.BlockingConnection(pika.URLParameters(self.url(service))) as connection:
            with pytest.raises(ChannelClosedByBroker) as caught:
                attempt(connection.channel())
            assert caught.value.reply_code == ACCESS_REFUSED
            return str(caught.value.reply_text)


@pytest.fixture(scope="module")
def alliance(rabbitmq_node: Node, tmp_path_factory: pytest.TempPathFactory) -> Alliance:
    """Users as `muster broker-users` describes them; nothing here is done by an administrator."""
    vhost = f"t_{secrets.token_hex(6)}"
    logins = {
        service: Login(f"{vhost}_{service}", secrets.token_hex(8), vhost) for service in OWNERS
    }
    file = tmp_path_factory.mktemp("users") / "definitions.json"
    file.write_text(json.dumps(definitions(MUSTER, logins)))
    rabbitmq_node.control("import_definitions", str(file))
    made = Alliance(f"127.0.0.1:{rabbitmq_node.ports['amqp']}", logins)
    for service in OWNERS:
        declare_exchanges(made.url(service), exchanges_of(service))
    for service in OWNERS:
        declare(made.url(service), MUSTER, service)
    return made


def published(url: str, *messages: OutboundMessage) -> list[Outcome]:
    """Publish as the processes do."""
    publisher = RabbitPublisher(url)
    try:
        return publisher.publish(messages)
    finally:
        publisher.close()


def event(exchange: str, routing_key: str) -> OutboundMessage:
    """A message; what is in it matters to nobody here."""
    return OutboundMessage(exchange, routing_key, "evt_1", "muster.any", b"{}")


def confirmed_publish(exchange: str, routing_key: str) -> Callable[[BlockingChannel], None]:
    """An attempt to publish that waits for the broker's answer."""

    def attempt(channel: BlockingChannel) -> None:
        channel.confirm_delivery()
        with suppress(UnroutableError):  # allowed, but nobody hears it
            channel.basic_publish(exchange, routing_key, b"{}", mandatory=True)

    return attempt


def test_an_event_goes_from_one_user_to_the_other(alliance: Alliance) -> None:
    """Matching says what dispatch hears, each with its own rights and no others."""
    said = event(events_exchange("matching"), RequestConfirmed.routing_key())

    assert published(alliance.url("matching"), said) == [Outcome.CONFIRMED]

    connection = RabbitConnection(alliance.url("dispatch"))
    subscriber = connection.subscriber("dispatch.requests", 10)
    got = received(subscriber, 1)
    subscriber.ack(got)
    connection.close()
    assert [each.message_id for each in got] == ["evt_1"]


@pytest.mark.parametrize("service", OWNERS)
def test_everything_has_been_declared_by_its_owner(alliance: Alliance, service: str) -> None:
    """So nobody needs more rights for that, and declaring again changes nothing."""
    declare(alliance.url(service), MUSTER, service)

    with pika.BlockingConnection(pika.URLParameters(alliance.url(service))) as connection:
        channel = connection.channel()
        for exchange in exchanges(MUSTER):
            channel.exchange_declare(exchange.name, passive=True)
        for queue in QUEUES:
            channel.queue_declare(queue, passive=True)


def test_retries_and_dead_letters_need_no_more_rights(alliance: Alliance) -> None:
    """A message goes to the delay, to the dead letters, and back from them."""
    subscription = next(s for s in MUSTER.subscriptions if s.queue == SOURCING)
    failed: Delivery = replace(delivery(), queue=SOURCING)
    retry = retry_message(failed, "matching", "later", START)
    assert retry is not None
    dead = dead_letter_message(failed, subscription, "never", START)
    back = replace(dead, exchange=return_exchange("matching"))

    assert published(alliance.url("matching"), retry, dead, back) == [Outcome.CONFIRMED] * 3


@pytest.mark.parametrize(
    ("exchange", "routing_key"),
    [
        pytest.param("matching.events", RequestConfirmed.routing_key(), id="its events"),
        pytest.param("matching.events", NotificationFailed.routing_key(), id="beside its events"),
        pytest.param("", SOURCING, id="straight into its queue"),
        pytest.param("matching.return", SOURCING, id="as a retry that is due"),
        pytest.param("matching.retry.5s", SOURCING, id="as a retry"),
        pytest.param("matching.dlx", SOURCING, id="as a dead letter"),
        pytest.param("amq.topic", RequestConfirmed.routing_key(), id="by the broker's own"),
    ],
)
def test_notify_cannot_publish_as_matching(
    alliance: Alliance, exchange: str, routing_key: str
) -> None:
    """Whatever way it tries, RabbitMQ refuses."""
    said = alliance.refused("notify", confirmed_publish(exchange, routing_key))

    assert "access to exchange" in said


@pytest.mark.parametrize("queue", MATCHINGS)
def test_notify_cannot_read_matchings_queues(alliance: Alliance, queue: str) -> None:
    """Neither one by one nor as they come; work, retries and dead letters alike."""
    assert "access to queue" in alliance.refused("notify", lambda c: c.basic_get(queue))
    said = alliance.refused("notify", lambda c: c.basic_consume(queue, lambda *_: None))
    assert "access to queue" in said


@pytest.mark.parametrize("queue", MATCHINGS)
def test_notify_cannot_delete_empty_or_divert_matchings_queues(
    alliance: Alliance, queue: str
) -> None:
    """Nor bind or unbind them, so what matching hears is matching's business."""
    submitted = (events_exchange("matching"), RequestSubmitted.routing_key())

    alliance.refused("notify", lambda c: c.queue_delete(queue))
    alliance.refused("notify", lambda c: c.queue_purge(queue))
    alliance.refused("notify", lambda c: c.queue_bind(queue, *submitted))
    alliance.refused("notify", lambda c: c.queue_unbind(queue, *submitted))


def test_notify_cannot_delete_or_make_exchanges_of_others(alliance: Alliance) -> None:
    """Nor any that belongs to nobody."""
    alliance.refused("notify", lambda c: c.exchange_delete("matching.events"))
    alliance.refused("notify", lambda c: c.exchange_declare("matching.more", "topic"))
    alliance.refused("notify", lambda c: c.exchange_declare("notifyx.events", "topic"))
    alliance.refused("notify", lambda c: c.queue_declare("anything"))


def test_a_service_says_only_its_own_events(alliance: Alliance) -> None:
    """On its own exchange, too."""
    said = alliance.refused(
        "notify", confirmed_publish(events_exchange("notify"), RequestConfirmed.routing_key())
    )

    assert "access to topic" in said


@pytest.mark.parametrize(
    ("exchange", "routing_key"),
    [
        ("matching.events", RequestSubmitted.routing_key()),
        ("matching.events", "#"),
        ("matching.events", "matching.request.*.v1"),
        ("registry.events", CapabilityChanged.routing_key()),
    ],
)
def test_a_service_cannot_bind_to_events_it_does_not_hear(
    alliance: Alliance, exchange: str, routing_key: str
) -> None:
    """Dispatch hears of requests that are confirmed, not of those that are submitted."""
    queue = "dispatch.requests"

    said = alliance.refused("dispatch", lambda c: c.queue_bind(queue, exchange, routing_key))

    assert "access to topic" in said


@pytest.mark.parametrize(
    "detour",
    [
        {"x-dead-letter-exchange": "matching.events"},
        {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": SOURCING},
    ],
)
def test_no_queue_of_ones_own_leads_into_anothers(
    alliance: Alliance, detour: dict[str, str]
) -> None:
    """What expires or is rejected goes only where its owner may publish."""
    alliance.refused("notify", lambda c: c.queue_declare("notify.detour", arguments=detour))


def test_no_exchange_of_ones_own_leads_into_anothers(alliance: Alliance) -> None:
    """Neither by an alternate exchange nor by a binding."""
    detour = {"alternate-exchange": "matching.events"}

    alliance.refused(
        "notify", lambda c: c.exchange_declare("notify.detour", "topic", arguments=detour)
    )
    alliance.refused("notify", lambda c: c.exchange_bind("matching.events", "notify.events", "#"))


def test_a_service_that_may_not_declare_is_told_what_to_do(alliance: Alliance) -> None:
    """Its rights are older than its subscriptions, or somebody mixed up the users."""
    with pytest.raises(TopologyMismatch, match="muster broker-users"):
        declare(alliance.url("dispatch"), MUSTER, "notify")


def test_rights_are_what_makes_the_difference(rabbitmq_node: Node, tmp_path: Path) -> None:
    """The same attempt by a user who may do everything succeeds: these tests can tell."""
    vhost = f"t_{secrets.token_hex(6)}"
    few, all_powers = Login(f"{vhost}_few", "one", vhost), Login(f"{vhost}_all", "all", vhost)
    file = tmp_path / "definitions.json"
    file.write_text(json.dumps(definitions(MUSTER, {"notify": few}, all_powers)))
    rabbitmq_node.control("import_definitions", str(file))
    place = f"127.0.0.1:{rabbitmq_node.ports['amqp']}"
    alliance = Alliance(place, {"notify": few, "chief": all_powers})
    declare(alliance.url("chief"), MUSTER)
    attempt = confirmed_publish("matching.events", RequestConfirmed.routing_key())

    alliance.refused("notify", attempt)
    with pika.BlockingConnection(pika.URLParameters(alliance.url("chief"))) as connection:
        attempt(connection.channel())
