"""Registering webhooks, delivering what is due for them, and looking at what became of it."""

import os
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Network
from typing import Any

from sqlalchemy import Row

from muster.access import Caller
from muster.storage.store import Store
from services.notify.channels.egress import Resolve, resolve
from services.notify.channels.webhook import WebhookPoster
from services.notify.domain.endpoint import (
    Endpoint,
    Network,
)
from services.notify.tables import ENDPOINTS, attempts, notifications
from services.notify.use_cases.deliver_webhooks import PostRules, deliver_webhooks
from services.notify.use_cases.register_webhook import (
    NewWebhook,
    register_webhook,
)
from tests.unit.notify.builders import CONTEXT, rows_of
from tests.unit.notify.desk import OF_PROVIDER

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"),)
RULES = PostRules(allowed_attempts=3, failures_before_disabled=5)


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
