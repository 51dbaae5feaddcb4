"""The servers that the other tests lean on."""

import psycopg
import pytest

from muster.cli.amqp_probe import speaks_amqp
from muster.cli.node import Node
from tests.servers.postgres import Cluster


@pytest.mark.broker
def test_the_session_has_a_rabbitmq_node_of_its_own(rabbitmq_node: Node) -> None:
    """It answers, under its own user, and guest does not exist."""
    assert speaks_amqp("127.0.0.1", rabbitmq_node.ports["amqp"])
    listed = rabbitmq_node.control("list_users", "--no-table-headers")
    users = {line.split("\t")[0] for line in listed.splitlines()}  # other tests make more
    assert "muster" in users
    assert "guest" not in users


@pytest.mark.postgres
def test_every_fresh_database_is_empty_and_another_one(postgres: Cluster) -> None:
    """What one test leaves behind is not seen by the next."""
    first, second = postgres.fresh_database(), postgres.fresh_database()
    assert first != second
    with psycopg.connect(first.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE things (id int)")
    with psycopg.connect(second.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT to_regclass('things')").fetchone()
    assert tables == (None,)
