"""Starts the private RabbitMQ node under the supervisor and tells when it takes connections."""

from muster.cli.amqp_probe import speaks_amqp
from muster.cli.errors import CannotRun
from muster.cli.node import Node
from muster.cli.ports import is_open
from muster.cli.supervise import Supervisor
from muster.cli.waiting import wait_until


def launch_broker(supervisor: Supervisor, node: Node) -> None:
    """Start the node's programs without waiting until it is ready; idempotent."""
    supervisor.start("epmd")
    wait_until(lambda: is_open(node.ports["epmd"]), 10, "the start of Erlang's name server")
    supervisor.start("rabbitmq")


def broker_is_ready(supervisor: Supervisor, node: Node) -> bool:
    """Say whether the node takes connections; raise CannotRun with its log if it has ended."""
    for process in supervisor.processes():
        if process.name == "rabbitmq" and not process.running:
            log = "\n".join(process.last_lines())
            raise CannotRun(
                f"RabbitMQ ended while it started: {process.reason}. "
                f"The end of its log, {process.log}:\n{log}\n"
                "Mend what it names, or name a broker of your own with --amqp-url."
            )
    return speaks_amqp("127.0.0.1", node.ports["amqp"])
