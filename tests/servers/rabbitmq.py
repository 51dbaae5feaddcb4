"""A private RabbitMQ node for the whole test session."""

import os
from pathlib import Path

from muster.cli.broker import start_broker
from muster.cli.node import Node, NoRabbitMQ, load_node, prepare_node
from muster.cli.supervise import Supervisor
from tests.servers.session import alone, missing


def session_node(session: Path) -> Node:
    """Return the session's node, started by whoever asks first."""
    directory = session / "rabbitmq"
    with alone(session):
        if Supervisor(directory).alive():
            return load_node(directory / "node")
        try:
            node = prepare_node(directory / "node")
        except NoRabbitMQ:
            missing("RabbitMQ", "rabbitmq-server")
        supervisor = Supervisor(directory)
        supervisor.start_daemon(node.programs(), os.environ)
        start_broker(supervisor, node)
    return node
