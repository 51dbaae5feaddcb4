"""Reads what is bound to what with RabbitMQ's own tools: AMQP has no question for it."""

import subprocess

from muster.cli.doctor.patient import Binding
from muster.cli.errors import CannotRun
from muster.cli.node import Node

_COLUMNS = ("source_name", "destination_name", "routing_key")


def bindings_of(node: Node) -> frozenset[Binding]:
    """Return every binding of a node that `muster up` runs. Raises CannotRun."""
    try:
        told = node.control("list_bindings", *_COLUMNS, "--no-table-headers")
    except (subprocess.SubprocessError, OSError) as error:
        raise CannotRun(f"rabbitmqctl does not tell the bindings: {error}") from error
    rows = (line.split("\t") for line in told.splitlines())
    return frozenset((row[0], row[1], row[2]) for row in rows if len(row) == len(_COLUMNS))
