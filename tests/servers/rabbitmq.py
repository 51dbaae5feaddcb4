"""A private RabbitMQ node for the whole test session."""

import os
import secrets
from pathlib import Path

from muster.cli.broker import broker_is_ready, launch_broker
from muster.cli.files import one_at_a_time
from muster.cli.node import USER, Node, NoRabbitMQ, load_node, prepare_node
from muster.cli.supervise import Supervisor
from tests.servers.session import missing
from tests.waiting import eventually


def session_node(session: Path) -> Node:
    """Return the session's node, started by whoever asks first."""
    directory = session / "rabbitmq"
    with one_at_a_time(session):
        if Supervisor(directory).alive():
            return load_node(directory / "node")
        return start_node(directory, with_metrics=False)


def start_node(directory: Path, *, with_metrics: bool) -> Node:
    """Start a node under a supervisor of its own in this directory; return it once it is ready."""
    try:
        node = prepare_node(directory / "node", with_metrics=with_metrics)
    except NoRabbitMQ:
        missing("RabbitMQ", "rabbitmq-server")
    supervisor = Supervisor(directory)
    supervisor.start_daemon(node.programs(), os.environ)
    launch_broker(supervisor, node)
    eventually(lambda: broker_is_ready(supervisor, node), within_s=60)
    return node


def fresh_vhost(node: Node) -> str:
    """Make an empty virtual host, where no other test's queues are; return its address."""
    name = f"t_{secrets.token_hex(6)}"
    node.control("add_vhost", name)
    node.control("set_permissions", "--vhost", name, USER, ".*", ".*", ".*")
    return node.amqp_url.removesuffix("%2F") + name
