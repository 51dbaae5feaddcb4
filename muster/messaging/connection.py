"""Opening connections to RabbitMQ, with every wait bounded."""

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError, ChannelError

from muster.messaging.errors import BrokerUnavailable

HEARTBEAT_SECONDS = 30  # a worker may be busy with a batch for twice as long before it is cut off
BLOCKED_SECONDS = 30
SOCKET_SECONDS = 5
OPENING_SECONDS = 10

# OSError: pika lets a broken pipe through as it is when it strikes in the middle of a write.
BROKER_FAILURES = (AMQPError, AMQPConnectorException, ChannelError, OSError)

# The query parameter that RabbitMQ's own clients have for it, and pika has not.
CA_FILE = "cacertfile"

_BETWEEN_ADDRESSES = re.compile(r",\s*(?=amqps?://)")


def nodes_of(amqp_url: str, purpose: str) -> list[pika.ConnectionParameters]:
    """Return pika's parameters for each node of a cluster, in the order in which to try them.

    Commas separate the addresses. Raises ValueError as `connection_parameters` does.
    """
    addresses = _BETWEEN_ADDRESSES.split(amqp_url.strip())
    return [connection_parameters(address, purpose) for address in addresses]


def connection_parameters(amqp_url: str, purpose: str) -> pika.ConnectionParameters:
    """Return pika's parameters for an address; what the address itself fixes is left alone.

    `purpose` names the connection in the broker's own lists. With ``amqps://`` the broker has to
    prove by a certificate that it has the name in the address; ``?cacertfile=`` says who may sign
    that, otherwise whom the system trusts. Raises ValueError for an address that cannot be read.
    """
    address, ca_file = _without_ca_file(amqp_url)
    parameters = _parsed(address)
    if ca_file is not None:
        parameters.ssl_options = pika.SSLOptions(_trusting_only(ca_file), parameters.host)
    if parameters.heartbeat is None:
        parameters.heartbeat = HEARTBEAT_SECONDS
    if parameters.blocked_connection_timeout is None:
        parameters.blocked_connection_timeout = BLOCKED_SECONDS
    parameters.socket_timeout = SOCKET_SECONDS
    parameters.stack_timeout = OPENING_SECONDS
    parameters.client_properties = {"connection_name": f"muster {purpose}"}
    return parameters


def open_connection(amqp_url: str, purpose: str) -> pika.BlockingConnection:
    """Return an open connection; raise BrokerUnavailable if there is none to be had now."""
    nodes = nodes_of(amqp_url, purpose)
    with broker_failures(f"RabbitMQ at {places(nodes)} cannot be reached"):
        return pika.BlockingConnection(nodes)


def _without_ca_file(amqp_url: str) -> tuple[str, str | None]:
    try:
        parts = urlsplit(amqp_url)
    except ValueError:
        return amqp_url, None  # which cannot be read, and will be said so
    query = dict(parse_qsl(parts.query))
    ca_file = query.pop(CA_FILE, None)
    if ca_file is None:
        return amqp_url, None
    if parts.scheme != "amqps":
        raise ValueError(f"An AMQP address with {CA_FILE} has to begin with amqps://")
    return parts._replace(query=urlencode(query)).geturl(), ca_file


def _trusting_only(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ValueError(f"The AMQP address names {CA_FILE}={ca_file}: {error}") from error


def _parsed(amqp_url: str) -> pika.URLParameters:
    try:
        # A comma after the password would be a second address that lacks its scheme.
        readable = amqp_url.startswith(("amqp://", "amqps://"))
        if readable and "," not in amqp_url.rpartition("@")[2]:
            return pika.URLParameters(amqp_url)
    except (ValueError, LookupError, TypeError):
        pass  # its words may quote a part of the password
    raise ValueError(
        "The AMQP address cannot be read; write amqp://user:password@host:port/vhost, "
        "with %2F for the vhost / and any special character of the password quoted likewise; "
        "commas between the whole addresses of several nodes."
    )


@contextmanager
def broker_failures(what: str) -> Iterator[None]:
    """Turn whatever pika or the socket raises into BrokerUnavailable, saying what failed."""
    try:
        yield
    except BROKER_FAILURES as error:
        raise BrokerUnavailable(f"{what}: {described(error)}") from error


def places(nodes: Sequence[pika.ConnectionParameters]) -> str:
    """Return where the broker's nodes are, without the credentials."""
    hosts = " or ".join(f"{node.host}:{node.port}" for node in nodes)
    return f"{hosts}, vhost {nodes[0].virtual_host!r}"


def described(error: BaseException) -> str:
    """Return an error in words; pika's often have none of their own."""
    return f"{type(error).__name__}: {error}" if str(error) else repr(error)
