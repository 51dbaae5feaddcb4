"""Connections to endpoints that members name: only where allowed, and only for so long.

A name is resolved once per connection, every address is checked, and the connection goes to a
checked address; the URL, the Host header and the TLS name stay the original. So a name that
resolves differently the next moment (DNS rebinding) gains nothing.
"""

import socket
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from ssl import SSLContext
from typing import Any

import httpcore

from services.notify.domain.endpoint import Address, EgressRefused, Network, check_target

Resolve = Callable[[str, int], tuple[Address, ...]]


def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Return every address of a host name; raise httpcore.ConnectError if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label that no name can have is a UnicodeError
        raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
    return tuple(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


class Guarded(httpcore.NetworkBackend):
    """Opens TCP connections for one endpoint, all of them to be done with by `deadline`.

    Raises EgressRefused instead of connecting where a webhook may not go. `deadline` is on the
    monotonic clock and also ends an answer that trickles in byte by byte.
    """

    def __init__(
        self,
        scheme: str,
        allowed: tuple[Network, ...],
        deadline: Callable[[], float],
        resolver: Resolve = resolve,
    ) -> None:
        self._scheme = scheme
        self._allowed = allowed
        self._deadline = deadline
        self._resolve = resolver
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline rules
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers."""
        addresses = self._resolve(host, port)
        check_target(self._scheme, port, addresses, self._allowed)
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in addresses:
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, _left(self._deadline), local_address, socket_options
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
            else:
                return _Hurried(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002 - httpcore's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Refuse: an endpoint is on the network."""
        raise EgressRefused(f"{path} is not on the network.")


class _Hurried(httpcore.NetworkStream):
    """A stream on which no single wait goes beyond the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Callable[[], float]) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Hurried(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: Callable[[], float]) -> float:
    left = deadline() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the endpoint took too long")
    return left
