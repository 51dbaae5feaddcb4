"""A worker whose letters are dead, and the command that handles them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from muster.cli import main as command_line
from muster.cli.bootstrap import topology
from muster.cli.node import Node
from muster.messaging.declare import declare
from tests.conformance.dead_letters.world import REGISTRY, Muster, World
from tests.servers.rabbitmq import fresh_vhost


@pytest.fixture(scope="session")
def vhost(rabbitmq_node: Node) -> str:
    """A virtual host with every queue of Muster."""
    address = fresh_vhost(rabbitmq_node)
    declare(address, topology())
    return address


@pytest.fixture
def world(vhost: str) -> Iterator[World]:
    """A worker of matching; what its queues held is gone."""
    world = World(vhost)
    channel = world.connection.channel()
    for queue in (REGISTRY.queue, REGISTRY.dead_letter_queue):
        channel.queue_purge(queue)
    yield world
    world.close()


@pytest.fixture
def muster(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Muster:
    """Type `muster dead-letters …`, and get exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        place = ("--amqp-url", world.amqp_url, "--directory", str(tmp_path))
        monkeypatch.setattr(sys, "argv", ["muster", "dead-letters", *arguments, *place])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run
