"""Questions to a real RabbitMQ: they are answered truly, and change nothing."""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pika
import pytest

from muster.cli.bootstrap import topology
from muster.cli.doctor.bindings import bindings_of
from muster.cli.doctor.checks import permissions
from muster.cli.doctor.checks import topology as layout
from muster.cli.doctor.finding import Level
from muster.cli.node import Node
from muster.contracts.catalogue import OWNERS
from muster.messaging.blueprint import Queue, exchanges_of, queues
from muster.messaging.broker_users import Login, definitions
from muster.messaging.declare import declare, declare_exchanges
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.questions import Depth, May, NotLetIn, questions
from tests.unit.cli.doctor.patients import healthy, levels, troubles

pytestmark = pytest.mark.broker

MUSTER = topology()
SOURCING = next(queue for queue in queues(MUSTER) if queue.name == "matching.sourcing")


@dataclass(frozen=True)
class Alliance:
    """A virtual host with a user for each service, and everything declared."""

    node: Node
    logins: dict[str, Login]

    @property
    def vhost(self) -> str:
        """Where all of it is."""
        return self.logins["notify"].vhost

    def url(self, service: str) -> str:
        """Where a service logs in."""
        login = self.logins[service]
        place = f"127.0.0.1:{self.node.ports['amqp']}"
        return f"amqp://{login.user}:{login.password}@{place}/{login.vhost}"

    def state(self) -> list[str]:
        """All there is, as RabbitMQ's own tools tell it."""
        columns = ("list_queues", "name", "durable", "arguments", "messages", "consumers")
        return [
            "\n".join(sorted(self.node.control(*told, "--vhost", self.vhost).splitlines()))
            for told in (columns, ("list_bindings",), ("list_exchanges", "name", "type"))
        ]


@pytest.fixture(scope="module")
def alliance(rabbitmq_node: Node, tmp_path_factory: pytest.TempPathFactory) -> Alliance:
    """Users as `muster broker-users` describes them, and what they declare."""
    vhost = f"t_{secrets.token_hex(6)}"
    logins = {
        service: Login(f"{vhost}_{service}", secrets.token_hex(8), vhost) for service in OWNERS
    }
    file = tmp_path_factory.mktemp("users") / "definitions.json"
    file.write_text(json.dumps(definitions(MUSTER, logins)))
    rabbitmq_node.control("import_definitions", str(file))
    made = Alliance(rabbitmq_node, logins)
    for service in OWNERS:
        declare_exchanges(made.url(service), exchanges_of(service))
    for service in OWNERS:
        declare(made.url(service), MUSTER, service)
    return made


def test_all_that_the_doctor_asks_is_well_and_changes_nothing(alliance: Alliance) -> None:
    """Every right that is needed is there, none that must not be, and all is as it was."""
    before = alliance.state()
    with ExitStack() as stack:
        brokers = {each: stack.enter_context(questions(alliance.url(each))) for each in OWNERS}
        patient = healthy(brokers=brokers)
        found = [*layout.check(patient), *permissions.check(patient)]

    assert levels(found) == {Level.WELL}
    assert len(found) == 2 * len(OWNERS)
    assert alliance.state() == before


def test_what_is_others_is_refused(alliance: Alliance) -> None:
    """Whatever notify would do to matching."""
    with questions(alliance.url("notify")) as asked:
        answers = [
            asked.declare_queue(SOURCING),
            asked.read(SOURCING.name),
            *(asked.declare_exchange(exchange) for exchange in exchanges_of("matching")),
            *(asked.publish(exchange.name, "matching.x") for exchange in exchanges_of("matching")),
            asked.publish("", SOURCING.name),
            asked.publish("notify.events", "matching.request.confirmed.v1"),
            asked.hear("matching", "matching.events", "matching.request.confirmed.v1"),
            asked.hear("notify", "matching.events", "#"),
        ]

    assert {answer.may for answer in answers} == {May.NO}
    assert all("refused" in answer.words for answer in answers)


def test_what_is_not_there_is_said_so(alliance: Alliance) -> None:
    """And is not made by asking for it."""
    nothing = Queue("matching.nothing", SOURCING.arguments, ())
    with questions(alliance.url("matching")) as asked:
        asked.declare_queue(nothing)
        assert asked.depth(nothing.name) is None
        assert not asked.has_exchange("matching.nothing")
        assert asked.read(nothing.name).may is May.MISSING
        assert asked.publish("matching.nothing", "matching.x").may is May.MISSING


@pytest.fixture
def crooked(alliance: Alliance) -> Iterator[dict[str, object]]:
    """A queue like matching.sourcing whose arguments a test chooses; it is gone afterwards."""
    arguments: dict[str, object] = dict(SOURCING.arguments)
    yield arguments
    with pika.BlockingConnection(pika.URLParameters(alliance.url("matching"))) as connection:
        connection.channel().queue_delete("matching.crooked")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("x-queue-type", "classic"),
        ("x-delivery-limit", 7),
        ("x-dead-letter-exchange", "matching.return"),
        ("x-dead-letter-routing-key", "elsewhere"),
        ("x-dead-letter-strategy", "at-most-once"),
    ],
)
def test_each_argument_that_is_otherwise_is_told(
    alliance: Alliance, crooked: dict[str, object], argument: str, value: object
) -> None:
    """RabbitMQ names it, for of all that is wrong with the question it is what it says first."""
    crooked[argument] = value
    if value == "classic":
        crooked.pop("x-delivery-limit")
        crooked.pop("x-dead-letter-strategy")
    with pika.BlockingConnection(pika.URLParameters(alliance.url("matching"))) as connection:
        channel = connection.channel()
        channel.queue_declare("matching.crooked", durable=True, arguments=crooked)

    with questions(alliance.url("matching")) as asked:
        answer = asked.declare_queue(Queue("matching.crooked", SOURCING.arguments, ()))

    assert answer.may is May.OTHERWISE
    assert argument in answer.words


def test_how_full_a_queue_is_is_told_to_everybody(alliance: Alliance) -> None:
    """It takes no right, so `muster top` needs none."""
    with questions(alliance.url("registry")) as asked:
        assert asked.depth(SOURCING.name) == Depth(0, 0)


def test_a_wrong_password_is_told_from_a_broker_that_is_away(alliance: Alliance) -> None:
    """So is a virtual host that is not there; and neither says the password."""
    right = alliance.url("notify")
    password = alliance.logins["notify"].password
    for wrong in (right.replace(password, "hunter2"), right + "x"):
        with pytest.raises(NotLetIn) as caught, questions(wrong):
            pass
        assert "hunter2" not in str(caught.value)
        assert password not in str(caught.value)
    with pytest.raises(BrokerUnavailable) as away, questions("amqp://127.0.0.1:1/%2F"):
        pass
    assert not isinstance(away.value, NotLetIn)


def test_a_right_that_was_revoked_is_found(alliance: Alliance) -> None:
    """As soon as it is, whatever the processes still have open."""
    login = alliance.logins["dispatch"]
    own = "^(dispatch\\..+)$"
    few = ("set_permissions", "--vhost", alliance.vhost, login.user, own, own, "^$")
    alliance.node.control(*few)
    try:
        with questions(alliance.url("dispatch")) as asked:
            [found] = troubles(permissions.check(healthy(brokers={"dispatch": asked})))
    finally:
        heard = "^(dispatch\\..+|matching\\.events|registry\\.events|notify\\.events)$"
        alliance.node.control(*few[:-1], heard)

    assert "dispatch may not read the queue dispatch." in found.what


def test_bindings_are_read_with_rabbitmqs_own_tools(rabbitmq_node: Node) -> None:
    """Of the virtual host that a node of `muster up` uses."""
    declare(rabbitmq_node.amqp_url, MUSTER)
    wanted = {(x, queue.name, key) for queue in queues(MUSTER) for x, key in queue.bindings}

    assert wanted <= bindings_of(rabbitmq_node)
