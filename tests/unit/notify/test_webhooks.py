"""Webhooks, over real HTTP on loopback."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from muster.clock import SimulatedClock
from muster.storage.store import Store
from services.notify.domain.delivery import LEASE
from services.notify.domain.endpoint import (
    EndpointStatus,
)
from services.notify.use_cases.claim_due import claim_posts
from tests.stores import START
from tests.unit.notify.builders import (
    CONTEXT,
    incident,
    offer_sent,
    rows_of,
    tell,
)
from tests.unit.notify.hook_server import HookServer, hook_server
from tests.unit.notify.posting import (
    RULES,
    deliver,
    endpoint_of,
    ledger,
    posts_of,
    register,
    statuses,
)
from tests.waiting import eventually


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


def test_a_post_is_stamped_with_the_time_it_was_sent(shared_store: Store, hook: HookServer) -> None:
    """A fresh timestamp at every attempt, so that old posts cannot be replayed."""
    register(shared_store, hook.url)
    tell(shared_store, incident())
    deliver(shared_store)
    assert hook.posts[0][0]["webhook-timestamp"] == str(int(START.timestamp()))
