"""Starts the private RabbitMQ node under the supervisor and waits until it takes connections."""

from muster.cli.amqp_probe import speaks_amqp
from muster.cli.node import Node
from muster.cli.ports import is_open
from muster.cli.supervise import Supervisor, SupervisorFailed
from muster.cli.waiting import wait_until

NODE_SECONDS = 60  # it takes 4 to 8 on two cores


def start_broker(supervisor: Supervisor, node: Node) -> None:
    """Start the node's programs and return when it is ready; idempotent.

    Raises SupervisorFailed with the end of its log if it cannot start, NotInTime if it hangs.
    """
    supervisor.start("epmd")
    wait_until(lambda: is_open(node.ports["epmd"]), 10, "the start of Erlang's name server")
    supervisor.start("rabbitmq")
    wait_until(lambda: _ready(supervisor, node), NODE_SECONDS, "the start of RabbitMQ")


def _ready(supervisor: Supervisor, node: Node) -> bool:
    for process in supervisor.processes():
        if process.name == "rabbitmq" and not process.running:
            log = "\n".join(process.last_lines())
            raise SupervisorFailed(f"RabbitMQ ended while it started: {process.reason}\n{log}")
    return speaks_amqp("127.0.0.1", node.ports["amqp"])
