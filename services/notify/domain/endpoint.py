"""A webhook endpoint: where a member wants its events posted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from muster.contracts.vocabulary.errors import Conflict, InputRefused
from muster.contracts.vocabulary.identifiers import WebhookId
from muster.contracts.vocabulary.kinds import Role

MOST_ENDPOINTS = 20  # of one organisation

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 300.0

_NAT64 = IPv6Network("64:ff9b::/96")
_HTTPS_PORT = 443
_FIRST_UNPRIVILEGED_PORT = 1024


class EndpointStatus(StrEnum):
    """Whether an endpoint is called."""

    ENABLED = "enabled"
    DISABLED = "disabled"  # it said 410 Gone, or failed too often
    DELETED = "deleted"


class EgressRefused(InputRefused):
    """A webhook may not go to this address."""

    def __init__(self, sentence: str) -> None:
        super().__init__("url", sentence)


@dataclass(frozen=True)
class Endpoint:
    """A place that events are posted to, signed with its secret; no event types means all."""

    webhook_id: WebhookId
    audience: str
    role: Role  # of the client that registered it: what it may see
    url: str
    secret: str
    event_types: tuple[str, ...]
    created_at: datetime
    status: EndpointStatus = EndpointStatus.ENABLED
    reason: str = ""
    version: int = 1

    def hears(self, event_type: str) -> bool:
        """Tell whether the endpoint asked for this type."""
        return not self.event_types or event_type in self.event_types

    def disabled(self, reason: str) -> "Endpoint":
        """Return the endpoint switched off."""
        return replace(
            self, status=EndpointStatus.DISABLED, reason=reason, version=self.version + 1
        )

    def deleted(self) -> "Endpoint":
        """Return the endpoint removed, its secret forgotten; raise Conflict if it already is."""
        if self.status is EndpointStatus.DELETED:
            raise Conflict(f"Webhook {self.webhook_id} was deleted before.")
        return replace(self, status=EndpointStatus.DELETED, secret="", version=self.version + 1)


def pause_after(failures: int) -> timedelta:
    """Return how long to leave an endpoint alone after so many failures in a row."""
    seconds = _FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 20)
    return timedelta(seconds=min(seconds, _LONGEST_PAUSE_SECONDS))


def check_url(url: str, allowed: tuple[Network, ...]) -> None:
    """Pass silently, or raise EgressRefused for a URL no webhook may ever be sent to.

    A host name is looked up, and its addresses checked, whenever a connection is made.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:  # a port that is none, brackets that do not match
        raise EgressRefused(
            "The address cannot be read: its port must be a number up to 65535, and only an IPv6 "
            "address stands in brackets."
        ) from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise EgressRefused("Give an absolute address such as https://example.com/muster.")
    if parts.username is not None or parts.fragment:
        raise EgressRefused("Leave credentials and #fragments out of the address.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise EgressRefused("Write the address in ASCII (punycode, percent-encoding).")
    literal = _literal(parts.hostname)
    check_target(parts.scheme, port, (literal,) if literal else (), allowed)


def check_target(
    scheme: str, port: int | None, addresses: tuple[Address, ...], allowed: tuple[Network, ...]
) -> None:
    """Pass silently, or raise EgressRefused unless every address may be called this way.

    Public addresses are called over https, on port 443 or an unprivileged one. Networks that the
    operator allows by name may be called over http and on any port.
    """
    for address in addresses:
        if not _in_any(address, allowed) and not _is_public(address):
            raise EgressRefused(
                # Which address a name has may be nobody's business: the caller is not told.
                "This is not a public address. Use one that the internet can reach, or ask the "
                "operator to allow its network (MUSTER_WEBHOOK_ALLOWED_NETWORKS)."
            )
    inside = bool(addresses) and all(_in_any(address, allowed) for address in addresses)
    undecided = bool(allowed) and not addresses  # a host name that may turn out to be inside
    if inside or undecided:
        return
    if scheme != "https":
        raise EgressRefused("Use https; plain http is only for networks the operator allows.")
    if port is not None and port != _HTTPS_PORT and port < _FIRST_UNPRIVILEGED_PORT:
        raise EgressRefused(f"Port {port} is not allowed; use 443 or one from 1024 up.")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _in_any(address: Address, networks: tuple[Network, ...]) -> bool:
    plain = _carried(address)[-1]
    return any(plain.version == network.version and plain in network for network in networks)


def _is_public(address: Address) -> bool:
    return all(
        it.is_global and not (it.is_multicast or it.is_reserved or it.is_unspecified)
        for it in _carried(address)
    )


def _carried(address: Address) -> list[Address]:
    """Return the address and, last, the IPv4 address that it stands for, if any."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    return [address, *(address.teredo or ())]
