"""What RabbitMQ is told about its users."""

import base64
import hashlib

import pytest

from muster.messaging.broker_users import Login, definitions, login_in
from tests.unit.messaging.builders import HOUSE

GUARD, OWNER = Login("m_guard", "one", "/"), Login("m_house", "two", "/")


def test_each_service_is_a_user_with_rights_of_its_own() -> None:
    """And with topic rights on every event exchange."""
    told = definitions(HOUSE, {"guard": GUARD, "house": OWNER})

    assert told["vhosts"] == [{"name": "/"}]
    assert [user["tags"] for user in told["users"]] == ["", ""]
    assert told["permissions"][0] == {
        "user": "m_guard",
        "vhost": "/",
        "configure": r"^(guard\..+)$",
        "write": r"^(guard\..+)$",
        "read": r"^(guard\..+|house\.events)$",
    }
    assert told["topic_permissions"][0] == {
        "user": "m_guard",
        "vhost": "/",
        "exchange": "house.events",
        "write": "^$",
        "read": r"^(house\.door\.opened\.v1)$",
    }


def test_passwords_are_salted_hashes_as_rabbitmq_makes_them() -> None:
    """Four bytes of salt, then SHA-256 of salt and password."""
    (user,) = definitions(HOUSE, {"guard": GUARD})["users"]

    raw = base64.b64decode(user["password_hash"])

    assert raw[4:] == hashlib.sha256(raw[:4] + b"one").digest()
    assert user["hashing_algorithm"] == "rabbit_password_hashing_sha256"


def test_an_administrator_may_do_everything() -> None:
    """Only if one is asked for."""
    chief = Login("chief", "three", "/")

    told = definitions(HOUSE, {"guard": GUARD}, chief)

    assert told["users"][-1]["tags"] == "administrator"
    assert told["permissions"][-1]["configure"] == ".*"


def test_two_services_with_one_user_are_refused() -> None:
    """The rights of the one would be the rights of the other."""
    with pytest.raises(ValueError, match=r"'m_guard'.*user of its own"):
        definitions(HOUSE, {"guard": GUARD, "house": GUARD})


def test_an_address_says_who_logs_in_where() -> None:
    """The first of several nodes will do: they all have the same users."""
    address = "amqp://m_guard:p%40@a/hall,amqp://m_guard:p%40@b/hall"

    assert login_in(address) == Login("m_guard", "p@", "hall")
