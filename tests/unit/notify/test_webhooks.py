"""Webhooks, over real HTTP on loopback."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, ip_address
from typing import Any

import pytest
from sqlalchemy import Row
from standardwebhooks import Webhook

from muster.access import Caller
from muster.clock import SimulatedClock
from muster.contracts.vocabulary.errors import Conflict, NotFound
from muster.contracts.vocabulary.kinds import Role
from muster.storage.store import Store
from services.notify.channels.egress import Resolve, resolve
from services.notify.channels.webhook import WebhookPoster
from services.notify.domain.delivery import LEASE
from services.notify.domain.endpoint import (
    MOST_ENDPOINTS,
    Address,
    EgressRefused,
    Endpoint,
    EndpointStatus,
    Network,
)
from services.notify.tables import ENDPOINTS, attempts, notifications, webhooks
from services.notify.use_cases.claim_due import claim_posts
from services.notify.use_cases.delete_webhook import delete_webhook
from services.notify.use_cases.deliver_webhooks import PostRules, deliver_webhooks
from services.notify.use_cases.register_webhook import (
    NewWebhook,
    UnknownEventType,
    register_webhook,
)
from tests.stores import START
from tests.unit.notify.builders import (
    CONTEXT,
    ENTERPRISE,
    PRINCIPAL,
    PROVIDER,
    STRANGER,
    every_event,
    incident,
    offer_sent,
    request_confirmed,
    rows_of,
    tell,
)
from tests.unit.notify.hook_server import HookServer, hook_server
from tests.waiting import eventually

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"),)
RULES = PostRules(allowed_attempts=3, failures_before_disabled=5)

OF_PROVIDER = Caller("cli_p", Role.PROVIDER, PROVIDER)
OF_ENTERPRISE = Caller("cli_e", Role.ENTERPRISE, ENTERPRISE)
OF_STRANGER = Caller("cli_s", Role.PROVIDER, STRANGER)
OPERATOR = Caller("cli_o", Role.OPERATOR)


def register(store: Store, url: str, caller: Caller = OF_PROVIDER, *types: str) -> Endpoint:
    wanted = NewWebhook(url, types)
    return store.transact(
        CONTEXT, lambda work: register_webhook(work, caller, wanted, LOOPBACK, os.urandom)
    )


def deliver(
    store: Store,
    now: Callable[[], datetime] | None = None,
    timeout: float = 5,
    allowed: tuple[Network, ...] = LOOPBACK,
    resolver: Resolve = resolve,
) -> bool:
    poster = WebhookPoster(allowed, timeout, now or store.clock.now, resolver)
    return deliver_webhooks(store, poster, RULES)


def posts_of(store: Store) -> list[Row[Any]]:
    return [row for row in rows_of(store, notifications) if row.channel == "webhook"]


def statuses(store: Store) -> list[str]:
    return [row.status for row in posts_of(store)]


def ledger(store: Store) -> list[tuple[str, str]]:
    return [(row.outcome, row.detail) for row in rows_of(store, attempts)]


def endpoint_of(store: Store, endpoint: Endpoint) -> Endpoint:
    with store.read() as connection:
        return ENDPOINTS.get(connection, endpoint.webhook_id)


def test_a_post_verifies_with_the_secret_that_was_shown(
    shared_store: Store, hook: HookServer
) -> None:
    """As any receiver does it that follows Standard Webhooks."""
    endpoint = register(shared_store, hook.url)
    tell(shared_store, offer_sent())
    deliver(shared_store, now=lambda: datetime.now(UTC))
    [(headers, body)] = hook.posts
    verified = Webhook(endpoint.secret).verify(body, headers)
    assert verified["type"] == "muster.matching.offer.sent.v1"
    assert verified["data"]["offer_id"] == verified["subject"] == "off_1"
    assert headers["webhook-id"] == posts_of(shared_store)[0].notification_id
    assert headers["content-type"] == "application/json"
    assert statuses(shared_store) == ["sent"]


def test_each_endpoint_gets_what_its_owner_may_see_and_asked_for(
    shared_store: Store, hook: HookServer
) -> None:
    """Operators may see all; a provider never the principal."""
    register(shared_store, hook.url, OF_PROVIDER)
    register(shared_store, hook.url, OF_STRANGER)
    asked = "muster.dispatch.incident.reported.v1"
    picky = register(shared_store, hook.url, OF_ENTERPRISE, asked)
    watching = register(shared_store, hook.url, OPERATOR)
    tell(shared_store, *every_event().values())
    by_target: dict[str, set[str]] = {}
    for row in posts_of(shared_store):
        by_target.setdefault(row.target, set()).add(row.event_type)
        assert row.audience != PROVIDER or PRINCIPAL.name not in row.body
    assert by_target[picky.webhook_id] == {asked}
    assert by_target[watching.webhook_id] == set(every_event())
    assert len(by_target) == 3


def test_a_run_goes_out_in_order_over_one_connection(shared_store: Store, hook: HookServer) -> None:
    """Events of one batch do not overtake each other on their way to one endpoint."""
    register(shared_store, hook.url)
    tell(shared_store, *(offer_sent(quantity=n) for n in range(1, 31)))
    deliver(shared_store)
    assert [json.loads(body)["data"]["quantity"] for _, body in hook.posts] == [*range(1, 31)]
    assert len(hook.connections) == 1


def test_a_failed_post_is_tried_again_under_the_same_id(
    shared_store: Store, hook: HookServer, clock: SimulatedClock
) -> None:
    """The far end can tell that it is the same."""
    register(shared_store, hook.url)
    tell(shared_store, offer_sent())
    hook.answers = [(500, {})]
    deliver(shared_store)
    assert statuses(shared_store) == ["pending"]
    deliver(shared_store)
    assert len(hook.posts) == 1, "tried again before it was due"
    clock.advance(timedelta(seconds=5))
    deliver(shared_store)
    assert statuses(shared_store) == ["sent"]
    first, second = (headers["webhook-id"] for headers, _ in hook.posts)
    assert first == second


def test_a_redirect_is_not_followed(shared_store: Store, hook: HookServer) -> None:
    """It could lead anywhere."""
    register(shared_store, hook.url)
    tell(shared_store, offer_sent())
    hook.answers = [(302, {"location": hook.url})]
    deliver(shared_store)
    assert len(hook.posts) == 1
    assert ledger(shared_store) == [("retried", "302: redirects are not followed")]


def test_gone_disables_the_endpoint_and_what_waits_is_suppressed(
    shared_store: Store, hook: HookServer
) -> None:
    """The receiver has said that it wants no more."""
    endpoint = register(shared_store, hook.url)
    tell(shared_store, offer_sent(), offer_sent())
    hook.answers = [(410, {})]
    deliver(shared_store)
    deliver(shared_store)
    assert statuses(shared_store) == ["suppressed", "suppressed"]
    assert len(hook.posts) == 1
    assert endpoint_of(shared_store, endpoint).status is EndpointStatus.DISABLED
    tell(shared_store, offer_sent())
    assert len(statuses(shared_store)) == 2, "a disabled endpoint hears of nothing new"


@pytest.mark.parametrize("wanted", ["600", "Mon, 02 Mar 2026 08:10:00 GMT"])
def test_a_far_end_that_asks_for_peace_gets_it(
    shared_store: Store, hook: HookServer, clock: SimulatedClock, wanted: str
) -> None:
    """Retry-After, in seconds or as a date."""
    register(shared_store, hook.url)
    tell(shared_store, offer_sent())
    hook.answers = [(429, {"retry-after": wanted})]
    deliver(shared_store)
    clock.advance(timedelta(seconds=599))
    deliver(shared_store)
    assert len(hook.posts) == 1
    clock.advance(timedelta(seconds=1))
    deliver(shared_store)
    assert statuses(shared_store) == ["sent"]


def test_an_endpoint_that_fails_too_often_in_a_row_is_disabled_and_operators_told_once(
    shared_store: Store, hook: HookServer, clock: SimulatedClock
) -> None:
    """However many events wait for it."""
    endpoint = register(shared_store, hook.url)
    tell(shared_store, *(offer_sent() for _ in range(8)))
    hook.answers = [(500, {})] * RULES.failures_before_disabled
    for _ in range(RULES.failures_before_disabled):
        deliver(shared_store)
        clock.advance(timedelta(hours=1))
    deliver(shared_store)
    assert sorted(statuses(shared_store)) == ["failed", *["suppressed"] * 7]
    assert "failed 5 times in a row" in endpoint_of(shared_store, endpoint).reason
    outbox = rows_of(shared_store, shared_store.metadata.tables["outbox_messages"])
    assert [row.type for row in outbox] == ["muster.notify.notification.failed.v1"]


def test_one_slow_endpoint_does_not_hold_up_the_rest(shared_store: Store, hook: HookServer) -> None:
    """And nothing more is claimed for it meanwhile."""
    with hook_server() as slow:
        slow.may_answer.clear()
        register(shared_store, slow.url)
        register(shared_store, hook.url)
        tell(shared_store, offer_sent())
        deliver(shared_store)
        assert sorted(statuses(shared_store)) == ["sending", "sent"]
        tell(shared_store, offer_sent())
        deliver(shared_store)
        assert len(hook.posts) == 2
        assert len(slow.posts) == 1
        slow.may_answer.set()
        eventually(lambda: statuses(shared_store).count("sent") == 3)
        eventually(lambda: deliver(shared_store) or len(slow.posts) == 2)
        eventually(lambda: statuses(shared_store) == ["sent"] * 4)


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
    assert "169.254.169.254 is not a public address" in detail


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


def test_nobody_listening_is_tried_again(shared_store: Store) -> None:
    """The endpoint may come back."""
    register(shared_store, "http://127.0.0.1:1/hook")
    tell(shared_store, offer_sent())
    deliver(shared_store)
    assert ledger(shared_store)[0][0] == "retried"


def test_a_courier_that_dies_leaves_leases_on_posts_and_endpoint(
    shared_store: Store, hook: HookServer, clock: SimulatedClock
) -> None:
    """Both run out, and another courier takes over."""
    register(shared_store, hook.url)
    tell(shared_store, offer_sent())
    assert len(shared_store.transact(CONTEXT, claim_posts)) == 1
    deliver(shared_store)
    assert hook.posts == []
    clock.advance(LEASE)
    deliver(shared_store)
    assert [outcome for outcome, _ in ledger(shared_store)] == ["unknown", "sent"]


def test_a_deleted_webhook_gets_nothing_more_and_its_secret_is_forgotten(
    shared_store: Store, hook: HookServer
) -> None:
    """Not even what was waiting."""
    endpoint = register(shared_store, hook.url)
    tell(shared_store, offer_sent())

    def delete(caller: Caller) -> None:
        shared_store.transact(
            CONTEXT, lambda work: delete_webhook(work, caller, endpoint.webhook_id)
        )

    with pytest.raises(NotFound):
        delete(OF_ENTERPRISE)
    delete(OF_PROVIDER)
    with pytest.raises(NotFound):
        delete(OF_PROVIDER)
    deliver(shared_store)
    assert (statuses(shared_store), hook.posts) == (["suppressed"], [])
    assert endpoint.secret not in rows_of(shared_store, webhooks)[0].document


def test_a_webhook_cannot_ask_for_what_its_owner_may_not_see(shared_store: Store) -> None:
    """The refusal names what it may."""
    confirmed = request_confirmed().event_type
    with pytest.raises(UnknownEventType, match=r"job\.opened"):
        register(shared_store, "https://example.com/", OF_PROVIDER, confirmed)
    register(shared_store, "https://example.com/", OF_ENTERPRISE, confirmed)


def test_an_endpoint_inside_is_refused_when_it_is_registered(shared_store: Store) -> None:
    """Rather than failing later."""
    with pytest.raises(EgressRefused):
        register(shared_store, "https://10.0.0.1/hook")


def test_there_is_a_limit_to_how_many_webhooks_one_may_have(shared_store: Store) -> None:
    """Each costs something at every event."""
    for _ in range(MOST_ENDPOINTS):
        register(shared_store, "https://example.com/")
    with pytest.raises(Conflict, match="delete one"):
        register(shared_store, "https://example.com/")


def test_a_post_is_stamped_with_the_time_it_was_sent(shared_store: Store, hook: HookServer) -> None:
    """A fresh timestamp at every attempt, so that old posts cannot be replayed."""
    register(shared_store, hook.url)
    tell(shared_store, incident())
    deliver(shared_store)
    assert hook.posts[0][0]["webhook-timestamp"] == str(int(START.timestamp()))
