"""Reading an AMQP address, and telling failures apart."""

import ssl
import subprocess
from pathlib import Path

import pytest

from muster.messaging.connection import (
    broker_failures,
    connection_parameters,
    nodes_of,
    open_connection,
)
from muster.messaging.errors import BrokerUnavailable
from muster.messaging.shared_connection import RabbitConnection

CERTIFICATES = Path(__file__).parents[3] / "deploy" / "tls" / "certificates.sh"


def test_every_wait_has_a_bound() -> None:
    """An address without options gets ours."""
    parameters = connection_parameters("amqp://u:p@127.0.0.1:5672/%2F", "test")

    assert parameters.heartbeat == 30
    assert parameters.blocked_connection_timeout == 30
    assert (parameters.socket_timeout, parameters.stack_timeout) == (5, 10)
    assert parameters.virtual_host == "/"


def test_what_the_address_fixes_is_left_alone() -> None:
    """Whoever runs the broker knows better."""
    url = "amqp://u:p@127.0.0.1:5672/vhost?heartbeat=7&blocked_connection_timeout=3"
    parameters = connection_parameters(url, "test")

    assert (parameters.heartbeat, parameters.blocked_connection_timeout) == (7, 3)


@pytest.mark.parametrize("url", ["amqp://u:hush@host:port/", "http://u:hush@host/", "nonsense"])
def test_an_unreadable_address_is_explained_without_its_password(url: str) -> None:
    """The error shows how to write one."""
    with pytest.raises(ValueError, match="amqp://user:password@host:port/vhost") as caught:
        connection_parameters(url, "test")

    assert "hush" not in str(caught.value)


def test_a_broker_has_to_prove_its_name_by_whom_the_system_trusts() -> None:
    """Unless the address says otherwise."""
    options = connection_parameters("amqps://u:p@rabbit.internal/%2F", "test").ssl_options

    assert options is not None
    assert options.context.verify_mode is ssl.CERT_REQUIRED
    assert options.context.check_hostname


def test_the_address_may_say_who_signs_the_brokers_certificate(tmp_path: Path) -> None:
    """Then nobody else may; other options stay what they are."""
    subprocess.run([CERTIFICATES, tmp_path], check=True, capture_output=True)
    url = f"amqps://u:p@rabbit.internal/v?heartbeat=7&cacertfile={tmp_path}/ca.pem"
    parameters = connection_parameters(url, "test")

    assert parameters.ssl_options is not None
    assert len(parameters.ssl_options.context.get_ca_certs()) == 1
    assert parameters.ssl_options.context.verify_mode is ssl.CERT_REQUIRED
    assert parameters.ssl_options.server_hostname == "rabbit.internal"
    assert (parameters.heartbeat, parameters.virtual_host, parameters.port) == (7, "v", 5671)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("amqps://u:hush@host/?cacertfile=/nowhere/ca.pem", "/nowhere/ca.pem: .*No such file"),
        ("amqp://u:hush@host/?cacertfile=/nowhere/ca.pem", "has to begin with amqps://"),
    ],
)
def test_a_certificate_that_could_not_be_checked_is_refused(url: str, problem: str) -> None:
    """Nobody is to believe in a protection that is not there."""
    with pytest.raises(ValueError, match=problem) as caught:
        connection_parameters(url, "test")

    assert "hush" not in str(caught.value)


def test_a_cluster_is_the_addresses_of_its_nodes_with_commas_between() -> None:
    """In the order in which they are tried; a comma in a password is none."""
    nodes = nodes_of(
        "amqp://u:p@one/%2F,amqps://u:a,b@two:5671/%2F, amqp://u:p@three:5673/v", "test"
    )

    assert [node.host for node in nodes] == ["one", "two", "three"]
    assert [node.port for node in nodes] == [5672, 5671, 5673]
    assert nodes[1].credentials.password == "a,b"
    assert nodes[2].heartbeat == 30


def test_a_cluster_with_one_unreadable_address_is_refused() -> None:
    """A mistyped node would be missed only on the day the others are down."""
    with pytest.raises(ValueError, match="commas between the whole addresses"):
        nodes_of("amqp://u:p@one/%2F,two:5672", "test")


def test_whoever_finds_no_node_hears_of_all_that_were_tried() -> None:
    """An operator is to see which addresses are in use."""
    url = "amqp://u:hush@127.0.0.1:1/%2F,amqp://u:hush@127.0.0.1:2/%2F"

    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1 or 127\.0\.0\.1:2") as caught:
        open_connection(url, "test")
    assert "hush" not in str(caught.value)


def test_a_broken_pipe_is_a_lost_connection() -> None:
    """pika lets it through when it strikes in the middle of a write."""
    with pytest.raises(BrokerUnavailable, match="lost: BrokenPipeError"), broker_failures("lost"):
        raise BrokenPipeError


def test_many_subscribers_share_one_attempt_to_connect() -> None:
    """A broker that is away costs the worker one attempt a second, not one for each queue."""
    now = [100.0]
    connection = RabbitConnection("amqp://u:p@127.0.0.1:1/%2F", monotonic=lambda: now[0])
    subscribers = [connection.subscriber(f"queue-{n}", 1) for n in range(3)]

    with pytest.raises(BrokerUnavailable, match="cannot be reached"):
        subscribers[0].poll(1)
    for subscriber in subscribers:
        with pytest.raises(BrokerUnavailable, match="a moment ago"):
            subscriber.poll(1)
    now[0] += 1.5
    with pytest.raises(BrokerUnavailable, match="cannot be reached"):
        subscribers[2].poll(1)
