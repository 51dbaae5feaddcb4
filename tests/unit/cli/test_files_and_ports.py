"""Private files and local ports."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.cli.files import read_json, write_private, write_private_json
from muster.cli.ports import PICKED_FROM, is_free, is_open, remembered_ports


@contextmanager
def server() -> Iterator[int]:
    """Somebody else's server."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_private_file_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    """Whatever umask the user has, and also when it replaces another file."""
    file = tmp_path / "keys" / "secret"
    file.parent.mkdir()
    file.write_text("open to all")
    file.chmod(0o644)
    write_private(file, "s3cret")
    assert file.read_text() == "s3cret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_missing_json_file_reads_as_none(tmp_path: Path) -> None:
    """The first start has nothing to remember."""
    assert read_json(tmp_path / "nothing.json") is None


def test_ports_are_the_same_the_next_time(tmp_path: Path) -> None:
    """Addresses that were handed out stay good."""
    file = tmp_path / "ports.json"
    first = remembered_ports(file, ["amqp", "epmd"], {})
    assert remembered_ports(file, ["amqp", "epmd"], {}) == first
    assert first["amqp"] != first["epmd"]


def test_a_port_that_somebody_took_is_given_up_for_another(tmp_path: Path) -> None:
    """We never fight over a port."""
    file = tmp_path / "ports.json"
    with server() as taken:
        write_private_json(file, {"amqp": taken})
        assert remembered_ports(file, ["amqp"], {})["amqp"] in PICKED_FROM


def test_a_preferred_port_that_is_taken_leads_to_the_next(tmp_path: Path) -> None:
    """The API is at its usual address or near it."""
    with server() as taken:
        port = remembered_ports(tmp_path / "ports.json", ["api"], {"api": taken})["api"]
        assert taken < port < taken + 100


def test_a_server_makes_its_port_open_and_not_free() -> None:
    """And without it the port is free and not open."""
    with server() as port:
        assert is_open(port)
        assert not is_free(port)
    assert is_free(port)
    assert not is_open(port)
