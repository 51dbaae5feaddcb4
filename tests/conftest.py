"""What every test may ask for: real servers, started when the first test needs them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from muster.cli.node import Node
from tests.servers.postgres import Cluster, session_cluster
from tests.servers.rabbitmq import session_node
from tests.servers.session import close_session, open_session

SESSION = pytest.StashKey[Path]()

# The same examples at every run: whoever sees a failure can repeat it.
settings.register_profile("test", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("check", settings.get_profile("test"), max_examples=8)
settings.load_profile("test")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the simulation live through more or fewer stories."""
    parser.addoption("--seeds", type=int, default=200, help="how many seeds the simulation tries")


def pytest_configure(config: pytest.Config) -> None:
    """Make the directory where the session's servers will live; xdist workers are told of it."""
    shared = getattr(config, "workerinput", None)
    config.stash[SESSION] = open_session() if shared is None else Path(shared["servers"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the session's servers live."""
    node.workerinput["servers"] = str(node.config.stash[SESSION])


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the session's servers, once all its workers are done."""
    if not hasattr(config, "workerinput"):
        close_session(config.stash[SESSION])


@pytest.fixture(scope="session")
def rabbitmq_node(pytestconfig: pytest.Config) -> Node:
    """A private RabbitMQ node, shared by the whole session: use names of your own in it."""
    return session_node(pytestconfig.stash[SESSION])


@pytest.fixture(scope="session")
def amqp_url(rabbitmq_node: Node) -> str:
    """The address of the session's RabbitMQ node."""
    return rabbitmq_node.amqp_url


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Cluster:
    """A private PostgreSQL cluster, shared by the whole session; it makes databases."""
    return session_cluster(pytestconfig.stash[SESSION])


@pytest.fixture
def postgres_url(postgres: Cluster) -> str:
    """The address of an empty PostgreSQL database of the test's own."""
    return postgres.fresh_database()
