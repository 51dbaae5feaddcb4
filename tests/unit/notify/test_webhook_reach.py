"""Where a post goes, and how long it may take."""

from ipaddress import ip_address
from pathlib import Path

import httpcore
import pytest

from muster.storage.store import Store
from services.notify.channels.egress import resolve
from services.notify.domain.endpoint import (
    Address,
)
from tests.unit.notify.builders import (
    offer_sent,
    tell,
)
from tests.unit.notify.hook_server import HookServer, hook_server
from tests.unit.notify.identity import identity_of
from tests.unit.notify.posting import deliver, ledger, register, statuses
from tests.waiting import eventually


def test_a_redirect_is_not_followed(shared_store: Store, hook: HookServer) -> None:
    """It could lead anywhere."""
    register(shared_store, hook.url)
    tell(shared_store, offer_sent())
    hook.answers = [(302, {"location": hook.url})]
    deliver(shared_store)
    assert len(hook.posts) == 1
    assert ledger(shared_store) == [("retried", "302: redirects are not followed")]


def test_an_answer_that_trickles_in_without_end_is_cut_off(
    shared_store: Store, hook: HookServer
) -> None:
    """The time allowed is for the whole post, not for each byte."""
    register(shared_store, hook.url)
    tell(shared_store, offer_sent())
    hook.trickles = True
    deliver(shared_store, timeout=0.3)
    eventually(lambda: statuses(shared_store) == ["pending"])
    [(outcome, detail)] = ledger(shared_store)
    assert outcome == "retried"
    assert "Timeout" in detail


def test_a_name_that_cannot_be_one_is_a_failed_attempt() -> None:
    """Looking it up fails in a way of its own, before anybody is asked."""
    with pytest.raises(httpcore.ConnectError):
        resolve(f"{'a' * 64}.example", 443)


def test_whatever_goes_wrong_with_an_endpoint_counts_as_a_failure_of_it(
    shared_store: Store,
) -> None:
    """Or the same post would be tried for ever, each time the lease runs out."""

    def unforeseen(_host: str, _port: int) -> tuple[Address, ...]:
        raise RuntimeError("of a kind that nobody foresaw")

    register(shared_store, "https://innocent.example/hook")
    tell(shared_store, offer_sent(), offer_sent(quantity=2))

    deliver(shared_store, resolver=unforeseen)

    assert statuses(shared_store) == ["pending", "pending"]
    assert ledger(shared_store) == [("retried", "RuntimeError: of a kind that nobody foresaw")]


def test_a_name_that_now_leads_inside_is_not_called(shared_store: Store, hook: HookServer) -> None:
    """It is resolved once per connection, and what it resolves to is checked (DNS rebinding)."""
    answers: list[tuple[Address, ...]] = [
        (ip_address("169.254.169.254"),),
        (ip_address("10.0.0.1"),),
    ]
    register(shared_store, "https://innocent.example/hook")
    tell(shared_store, offer_sent())
    deliver(shared_store, allowed=(), resolver=lambda _host, _port: answers.pop(0))
    assert len(answers) == 1, "resolved once"
    [(outcome, detail)] = ledger(shared_store)
    assert outcome == "retried"
    assert "not a public address" in detail
    assert "169.254" not in detail, "what a name means inside is not for the outside"


def test_the_connection_goes_to_the_checked_address_with_the_original_host(
    shared_store: Store, hook: HookServer
) -> None:
    """The name is not looked up a second time."""
    port = hook.server_address[1]
    register(shared_store, f"http://innocent.example:{port}/hook")
    tell(shared_store, offer_sent())
    deliver(shared_store, resolver=lambda _host, _port: (ip_address("127.0.0.1"),))
    [(headers, _)] = hook.posts
    assert headers["host"] == f"innocent.example:{port}"


@pytest.mark.parametrize(
    ("name", "trusted", "outcome"),
    [
        ("innocent.example", True, "sent"),
        ("innocent.example", False, "retried"),
        ("another.example", True, "retried"),
    ],
)
def test_the_certificate_must_be_trusted_and_name_the_original_host(
    shared_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    trusted: bool,
    outcome: str,
) -> None:
    """Though the connection goes to an address."""
    identity = identity_of("innocent.example", tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(identity))
    with hook_server(identity) as secure:
        register(shared_store, f"https://{name}:{secure.server_address[1]}/hook")
        tell(shared_store, offer_sent())
        deliver(shared_store, resolver=lambda _host, _port: (ip_address("127.0.0.1"),))
        eventually(lambda: statuses(shared_store) != ["sending"])
        assert [it for it, _ in ledger(shared_store)] == [outcome]
        assert len(secure.posts) == (outcome == "sent")
