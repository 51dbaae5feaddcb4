"""A user for each service at RabbitMQ: in the node that `muster up` starts, and in your own."""

import secrets
from pathlib import Path
from typing import Any

from muster.cli.bootstrap import topology
from muster.cli.files import write_private, write_private_json
from muster.cli.node import Node
from muster.contracts.catalogue import OWNERS
from muster.messaging.broker_users import Login, definitions, login_in
from muster.settings import Settings

DEFINITIONS_FILE = "definitions.json"


def describe_users(settings: Settings) -> dict[str, Any]:
    """Return RabbitMQ definitions of the users as whom the services log in by these settings.

    Raises NoSecret, and ValueError if they have no users of their own.
    """
    return definitions(topology(), _logins(settings))


def give_users(node: Node, settings: Settings) -> None:
    """Let a node that does not run yet have these users from its next start, and `muster` for us.

    Their passwords are made, where they are missing.
    """
    for service in OWNERS:
        file = Path(str(settings.amqp_password_file).replace("{service}", service))
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
    users = definitions(topology(), _logins(settings), login_in(node.amqp_url))
    write_private_json(node.directory / DEFINITIONS_FILE, users)
    configuration = node.directory / "rabbitmq.conf"
    known = configuration.read_text(encoding="utf-8")
    line = f"load_definitions = {node.directory / DEFINITIONS_FILE}\n"
    write_private(configuration, known + line)


def _logins(settings: Settings) -> dict[str, Login]:
    return {service: login_in(settings.amqp_url_of(service)) for service in OWNERS}
