"""The private RabbitMQ node: what is written and run, without running it."""

from pathlib import Path

import pytest

from muster.cli.node import PORT_NAMES, Node, NoRabbitMQ, find_scripts


def node_in(directory: Path) -> Node:
    """A node that is only described."""
    ports = {name: 20_000 + place for place, name in enumerate(PORT_NAMES)}
    return Node(directory, Path("/usr/lib/rabbitmq/bin"), ports, "pass/word")


def test_two_directories_have_nodes_of_different_names(tmp_path: Path) -> None:
    """So that two never meet as one."""
    assert node_in(tmp_path / "one").name != node_in(tmp_path / "two").name


def test_the_address_escapes_the_password(tmp_path: Path) -> None:
    """Any password makes a valid address."""
    assert node_in(tmp_path).amqp_url == "amqp://muster:pass%2Fword@127.0.0.1:20000/%2F"


def test_everything_of_the_node_lies_in_its_directory_and_on_the_loopback(tmp_path: Path) -> None:
    """It shares neither files nor ports nor the name server with another broker."""
    environment = node_in(tmp_path).environment()
    paths = [value for value in environment.values() if value.startswith("/")]
    assert paths
    assert all(path.startswith(str(tmp_path)) for path in paths)
    assert environment["ERL_EPMD_ADDRESS"] == "127.0.0.1"
    assert environment["ERL_EPMD_PORT"] == "20003"
    assert "inet_dist_use_interface {127,0,0,1}" in str(environment)


def test_without_rabbitmq_the_error_says_what_to_install(tmp_path: Path) -> None:
    """And that a broker of one's own will do."""
    with pytest.raises(NoRabbitMQ, match=r"apt-get install rabbitmq-server.*--amqp-url"):
        find_scripts([str(tmp_path / "nowhere*")])


def test_the_newest_scripts_are_found(tmp_path: Path) -> None:
    """Debian keeps a version in the path."""
    for version in ("3.10.8", "3.13.7"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "rabbitmq-server").touch()
    assert find_scripts([str(tmp_path / "*")]) == tmp_path / "3.13.7"
