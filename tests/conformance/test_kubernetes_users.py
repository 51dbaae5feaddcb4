"""The job of deploy/kubernetes/ that gives RabbitMQ its users, with a real RabbitMQ."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from muster.cli import bootstrap
from muster.cli.broker import broker_is_ready, launch_broker
from muster.cli.files import write_private
from muster.cli.node import USER, Node, prepare_node
from muster.cli.ports import is_open, remembered_ports
from muster.cli.supervise import Supervisor
from muster.contracts.catalogue import OWNERS
from muster.messaging.blueprint import exchanges_of
from muster.messaging.declare import declare, declare_exchanges
from tests.conftest import SESSION
from tests.unit.kubernetes.manifests import BASE, TOP
from tests.unit.kubernetes.rendering import one
from tests.waiting import eventually

pytestmark = pytest.mark.broker

MUSTER = bootstrap.topology()
QUEUES = [
    trigger["metadata"]["queueName"]
    for trigger in one(BASE, "ScaledObject", "muster-worker")["spec"]["triggers"]
]
SCRIPT: str = one(BASE, "ConfigMap", "muster-broker-users")["data"]["give_users.py"]
ACCESS_REFUSED = 403
SCALER, PASSWORD = "muster_scaler", secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Broker:
    """A node whose management answers over TLS, and what the job's container sees."""

    node: Node
    api: str
    secrets: Path

    @property
    def address(self) -> str:
        """Where the services log in."""
        return f"amqp://muster_{{service}}:{{password}}@127.0.0.1:{self.node.ports['amqp']}/%2F"

    def url(self, service: str) -> str:
        """Where one service logs in."""
        password = (self.secrets / f"amqp_{service}").read_text().strip()
        return self.address.replace("{service}", service).replace("{password}", password)

    def give_users(self) -> None:
        """Do what the job does."""
        told = {
            "PATH": os.environ["PATH"],
            "MUSTER_AMQP_URL": self.address,
            "MUSTER_AMQP_PASSWORD_FILE": f"{self.secrets}/amqp_{{service}}",
            "BROKER_API": self.api,
            "BROKER_SECRETS": str(self.secrets),
        }
        printed = subprocess.run(
            [sys.executable, "-m", "muster", "broker-users"],
            env=told, cwd=TOP, check=True, capture_output=True,
        )  # fmt: skip
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=printed.stdout, env=told, check=True, capture_output=True,
        )  # fmt: skip

    def scaler(self) -> pika.BlockingConnection:
        """Log in as KEDA does."""
        login = pika.PlainCredentials(SCALER, PASSWORD)
        port = self.node.ports["amqp"]
        return pika.BlockingConnection(
            pika.ConnectionParameters("127.0.0.1", port, credentials=login)
        )


@pytest.fixture(scope="module")
def broker(pytestconfig: pytest.Config) -> Iterator[Broker]:
    """A node of its own, with the users given and everything declared by them."""
    directory = pytestconfig.stash[SESSION] / f"kubernetes-{secrets.token_hex(4)}"
    directory.mkdir(mode=0o711)
    files = directory / "secrets"
    for script in (("tls/certificates.sh", files, "rabbitmq=IP:127.0.0.1"), ("secrets.sh", files)):
        command = [TOP / "deploy" / script[0], *script[1:]]
        subprocess.run(command, check=True, capture_output=True)
    node = prepare_node(directory / "node", with_metrics=False)
    port = remembered_ports(directory / "management.json", ["management"], {})["management"]
    write_private(node.directory / "enabled_plugins", "[rabbitmq_management].\n")
    configuration = node.directory / "rabbitmq.conf"
    management = {
        "ip": "127.0.0.1",
        "port": port,
        "certfile": files / "rabbitmq.pem",
        "keyfile": files / "rabbitmq.key",
    }
    lines = "".join(f"management.ssl.{name} = {value}\n" for name, value in management.items())
    write_private(configuration, configuration.read_text() + lines)
    for who, user, password in (
        ("scaler", SCALER, PASSWORD),
        ("administrator", USER, node.password),
    ):
        (files / who).mkdir()
        (files / who / "username").write_text(user)
        (files / who / "password").write_text(password)
    supervisor = Supervisor(directory)
    supervisor.start_daemon(node.programs(), os.environ)
    try:
        launch_broker(supervisor, node)
        eventually(lambda: broker_is_ready(supervisor, node), within_s=60, every_s=0.2)
        eventually(lambda: is_open(port), within_s=60, every_s=0.2)
        made = Broker(node, f"https://127.0.0.1:{port}", files)
        made.give_users()
        for service in OWNERS:
            declare_exchanges(made.url(service), exchanges_of(service))
        for service in OWNERS:
            declare(made.url(service), MUSTER, service)
        yield made
    finally:
        supervisor.shut_down()


def test_the_scaler_counts_the_messages_of_every_queue(broker: Broker) -> None:
    """As KEDA does it, by a passive declaration, and sees one that waits."""
    with pika.BlockingConnection(pika.URLParameters(broker.node.amqp_url)) as connection:
        connection.channel().basic_publish("", QUEUES[0], b"waits")

    def counted() -> list[int]:
        with broker.scaler() as connection:
            channel = connection.channel()
            return [
                channel.queue_declare(queue, passive=True).method.message_count for queue in QUEUES
            ]

    eventually(lambda: counted() == [1] + [0] * (len(QUEUES) - 1), within_s=20)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda channel: channel.basic_get("notify.news"),
        lambda channel: channel.basic_consume("notify.news", lambda *_: None),
        lambda channel: channel.queue_declare("scaler.own"),
        lambda channel: channel.queue_purge("notify.news"),
        lambda channel: channel.queue_delete("notify.news"),
        lambda channel: channel.exchange_declare("scaler.own"),
        lambda channel: _publish(channel, "", "notify.news"),
        lambda channel: _publish(channel, "matching.events", "matching.request.submitted.v1"),
    ],
    ids=["get", "consume", "declare", "purge", "delete", "exchange", "to-a-queue", "an-event"],
)
def test_the_scaler_may_do_nothing_else(
    broker: Broker, attempt: Callable[[BlockingChannel], object]
) -> None:
    """Whoever gets hold of KEDA's login learns how much there is to do, and no more."""
    with broker.scaler() as connection:
        with pytest.raises(ChannelClosedByBroker) as refused:
            attempt(connection.channel())

        assert refused.value.reply_code == ACCESS_REFUSED


def test_the_job_may_run_again_before_each_upgrade(broker: Broker) -> None:
    """While everybody is at work: nobody is hung up on, and every login goes on to hold."""
    with pika.BlockingConnection(pika.URLParameters(broker.url("notify"))) as connection:
        broker.give_users()

        channel = connection.channel()
        assert channel.queue_declare("notify.news", passive=True)
    for service in OWNERS:
        declare(broker.url(service), MUSTER, service)
    with broker.scaler() as connection:
        assert connection.is_open


def _publish(channel: BlockingChannel, exchange: str, key: str) -> None:
    channel.confirm_delivery()
    channel.basic_publish(exchange, key, b"")
