"""RabbitMQ's own description of users and their rights, for `load_definitions` and the like."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from muster.messaging.connection import nodes_of
from muster.messaging.permissions import permissions, topic_permissions
from muster.messaging.topology import Topology

_HASHING = "rabbit_password_hashing_sha256"
_SALT_BYTES = 4  # RabbitMQ takes no other length; the passwords have to be long, and are


@dataclass(frozen=True)
class Login:
    """Who somebody is to the broker, and where."""

    user: str
    password: str
    vhost: str


def login_in(amqp_url: str) -> Login:
    """Return the login an address holds. Raises ValueError if it cannot be read."""
    node = nodes_of(amqp_url, "login")[0]
    return Login(node.credentials.username, node.credentials.password, node.virtual_host)


def definitions(
    topology: Topology, logins: Mapping[str, Login], administrator: Login | None = None
) -> dict[str, Any]:
    """Return RabbitMQ definitions: one user for each service, with the rights it needs.

    `administrator` may do everything. Raises ValueError if two services share a user.
    """
    users = [login.user for login in logins.values()]
    if shared := sorted({user for user in users if users.count(user) > 1}):
        raise ValueError(
            f"Several services would log in as {shared[0]!r}; let each have a user of its own: "
            "MUSTER_AMQP_URL=amqp://muster_{service}:{password}@host/vhost"
        )
    everybody = [*logins.values(), *([administrator] if administrator else [])]
    all_powers = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "vhosts": [{"name": vhost} for vhost in sorted({login.vhost for login in everybody})],
        "users": [_user(login, "administrator" * (login is administrator)) for login in everybody],
        "permissions": [
            _place(login) | asdict(permissions(topology, service))
            for service, login in logins.items()
        ]
        + ([_place(administrator) | all_powers] if administrator else []),
        "topic_permissions": [
            _place(login) | asdict(topic)
            for service, login in logins.items()
            for topic in topic_permissions(topology, service)
        ],
    }


def _place(login: Login) -> dict[str, str]:
    return {"user": login.user, "vhost": login.vhost}


def _user(login: Login, tags: str) -> dict[str, str]:
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.sha256(salt + login.password.encode()).digest()
    return {
        "name": login.user,
        "password_hash": base64.b64encode(salt + digest).decode(),
        "hashing_algorithm": _HASHING,
        "tags": tags,
    }
