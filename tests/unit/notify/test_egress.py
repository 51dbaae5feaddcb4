"""Where a webhook may go."""

from ipaddress import IPv4Network, ip_address

import pytest

from services.notify.channels.egress import resolve
from services.notify.domain.endpoint import (
    Address,
    EgressRefused,
    Network,
    check_target,
    check_url,
)

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"),)

NOT_PUBLIC = [
    "169.254.169.254",  # cloud metadata
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",  # carrier-grade NAT
    "127.0.0.1",
    "0.0.0.0",
    "224.0.0.1",  # multicast
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",  # documentation
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:10.1.2.3",  # IPv4-mapped
    "::ffff:169.254.169.254",
    "64:ff9b::a01:203",  # NAT64 of 10.1.2.3
    "2002:a01:203::1",  # 6to4 of 10.1.2.3
    "2001:0:a01:203::1",  # Teredo
]


def url_of(address: str) -> str:
    return f"https://[{address}]/hook" if ":" in address else f"https://{address}/hook"


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    """Written out in the URL, or found behind a name."""
    with pytest.raises(EgressRefused, match="not a public address"):
        check_url(url_of(address), ())
    with pytest.raises(EgressRefused, match="not a public address"):
        check_target("https", 443, (ip_address(address),), ())


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_a_public_address_is_allowed_over_https(address: str) -> None:
    """On 443 or an unprivileged port."""
    check_url(url_of(address), ())
    check_target("https", 8443, (ip_address(address),), ())


def test_one_private_address_among_public_ones_spoils_the_name() -> None:
    """Which of them is used must not matter."""
    both: tuple[Address, ...] = (ip_address("1.1.1.1"), ip_address("10.0.0.1"))
    with pytest.raises(EgressRefused, match="not a public address"):
        check_target("https", 443, both, ())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/hook", "Use https"),
        ("ftp://example.com/hook", "absolute address"),
        ("https:///hook", "absolute address"),
        ("/hook", "absolute address"),
        ("https://user:secret@example.com/", "credentials"),
        ("https://example.com/#part", "fragments"),
        ("https://example.com:25/", "Port 25"),
        ("https://example.com:99999/", "port"),
        ("https://exam]ple.com/", "brackets"),
        ("https://example.com/\x01", "ASCII"),
        ("https://exämple.com/", "ASCII"),
        ("https://example.com/a b", "ASCII"),
    ],
)
def test_an_odd_url_is_refused_with_what_to_do(url: str, why: str) -> None:
    """Before anything is kept."""
    with pytest.raises(EgressRefused, match=why):
        check_url(url, ())


def test_a_network_the_operator_allows_may_be_called_over_http() -> None:
    """The demo's own receivers, or a member on the same private network."""
    check_url("http://127.0.0.1:80/hook", LOOPBACK)
    check_target("http", 80, (ip_address("127.0.0.1"),), LOOPBACK)
    check_url("http://receiver.internal/hook", LOOPBACK)  # decided when it is resolved


def test_allowing_one_network_opens_no_other() -> None:
    """Neither private ones, nor plain http to public ones."""
    with pytest.raises(EgressRefused):
        check_target("https", 443, (ip_address("10.0.0.1"),), LOOPBACK)
    with pytest.raises(EgressRefused, match="Use https"):
        check_target("http", 80, (ip_address("1.1.1.1"),), LOOPBACK)


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_every_way_to_write_localhost_comes_out_as_loopback(name: str) -> None:
    """What the resolver makes of a name is what is checked."""
    with pytest.raises(EgressRefused):
        check_target("https", 443, resolve(name, 443), ())
