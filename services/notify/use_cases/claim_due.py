"""Take notifications that are due, so that no other courier takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from muster.contracts.vocabulary.statuses import MemberStatus
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.addressing import Contact
from services.notify.domain.delivery import (
    LEASE,
    Channel,
    NotificationStatus,
    Outcome,
    Parcel,
)
from services.notify.domain.endpoint import Endpoint
from services.notify.tables import (
    ENDPOINTS,
    attempts,
    members,
    notifications,
    webhook_traffic,
    webhooks,
)

CLAIM = 200  # at most so many at once


@dataclass(frozen=True)
class Bundle:
    """What is due for one endpoint, oldest first; nobody else calls it meanwhile."""

    endpoint: Endpoint
    failures: int
    parcels: tuple[Parcel, ...]


def any_letter_due(connection: Connection, now: datetime) -> bool:
    """Tell whether an e-mail may be claimed; a cheap look before a transaction that writes."""
    return connection.execute(_letter_due(), {"now": now}).first() is not None


def any_post_due(connection: Connection, now: datetime) -> bool:
    """Tell whether a webhook post may be claimed: one whose endpoint is free."""
    return connection.execute(_post_due(), {"now": now}).first() is not None


def claim_letters(work: UnitOfWork) -> list[tuple[Parcel, Contact | None]]:
    """Claim e-mails that are due, with their addressees as they are known now."""
    rows = work.connection.execute(_letters_to_claim(), {"now": work.now}).all()
    parcels = _claim(work, rows)
    contacts = _contacts(work.connection, {parcel.audience for parcel in parcels})
    return [(parcel, contacts.get(parcel.audience)) for parcel in parcels]


def claim_posts(work: UnitOfWork) -> list[Bundle]:
    """Claim webhook posts that are due, and with them their endpoints."""
    rows = work.connection.execute(_posts_to_claim(), {"now": work.now}).all()
    by_endpoint: dict[str, list[Parcel]] = {}
    for parcel in _claim(work, rows):
        by_endpoint.setdefault(parcel.target, []).append(parcel)
    failures = {row.target: row.failures for row in rows}
    claimed = sorted(by_endpoint)
    work.connection.execute(_OCCUPY, {"claimed": claimed, "until": work.now + LEASE})
    endpoints = _ENDPOINTS_OF(work.connection, claimed=claimed)
    return [
        Bundle(it, failures[it.webhook_id], tuple(by_endpoint[it.webhook_id])) for it in endpoints
    ]


# Composed once: they are asked several times a second.
@cache
def _letter_due() -> Select[Any]:
    now: Any = bindparam("now")
    return select(notifications.c.notification_id).where(*_due(Channel.EMAIL, now)).limit(1)


@cache
def _post_due() -> Select[Any]:
    return _posts_due(notifications.c.target, now=bindparam("now")).limit(1)


@cache
def _letters_to_claim() -> Select[Any]:
    now: Any = bindparam("now")
    return (
        select(notifications)
        .where(*_due(Channel.EMAIL, now))
        .order_by(notifications.c.due_at, notifications.c.notification_id)
        .limit(CLAIM)
        .with_for_update(skip_locked=True)
    )


@cache
def _posts_to_claim() -> Select[Any]:
    return (
        _posts_due(notifications, webhook_traffic.c.failures, now=bindparam("now"))
        .order_by(notifications.c.due_at, notifications.c.notification_id)
        .limit(CLAIM)
        .with_for_update(skip_locked=True, of=(notifications, webhook_traffic))
    )


_CLAIMED: Any = bindparam("claimed", expanding=True)
_OCCUPY = (
    update(webhook_traffic)
    .where(webhook_traffic.c.webhook_id.in_(_CLAIMED))
    .values(busy_until=bindparam("until"))
)
_ENDPOINTS_OF = ENDPOINTS.finder(webhooks.c.webhook_id.in_(_CLAIMED))
_TAKE = (
    update(notifications)
    .where(notifications.c.notification_id.in_(_CLAIMED))
    .values(
        status=NotificationStatus.SENDING.value,
        attempts=notifications.c.attempts + 1,
        due_at=bindparam("until"),
    )
)
_ADD_ATTEMPTS = insert(attempts)
_MEMBERS = select(members).where(
    members.c.organisation_id.in_(bindparam("organisation_ids", expanding=True))
)


def _due(channel: Channel, now: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        notifications.c.channel == channel.value,
        notifications.c.settled_at.is_(None),
        notifications.c.due_at <= now,
    )


def _posts_due(*columns: Any, now: Any) -> Select[Any]:
    traffic = webhook_traffic.c
    return (
        select(*columns)
        .join(webhook_traffic, traffic.webhook_id == notifications.c.target)
        .where(
            *_due(Channel.WEBHOOK, now),
            or_(traffic.busy_until.is_(None), traffic.busy_until <= now),
        )
    )


def _claim(work: UnitOfWork, rows: Sequence[Row[Any]]) -> list[Parcel]:
    if not rows:
        return []
    abandoned = [row for row in rows if row.status == NotificationStatus.SENDING.value]
    _record_abandoned(work, abandoned)
    claimed = [row.notification_id for row in rows]
    work.connection.execute(_TAKE, {"claimed": claimed, "until": work.now + LEASE})
    return [
        Parcel(
            notification_id=row.notification_id,
            event_id=row.event_id,
            event_type=row.event_type,
            audience=row.audience,
            target=row.target,
            title=row.title,
            body=row.body,
            attempts=row.attempts + 1,
            correlation_id=row.correlation_id,
            created_at=row.created_at,
            traceparent=row.traceparent,
        )
        for row in rows
    ]


def _record_abandoned(work: UnitOfWork, rows: Sequence[Row[Any]]) -> None:
    """Note in the ledger that a courier vanished: what it sent may have arrived."""
    if rows:
        entries = [
            {
                "notification_id": row.notification_id,
                "number": row.attempts,
                "at": work.now,
                "outcome": Outcome.UNKNOWN.value,
                "detail": "the courier vanished while sending; sent again under the same id",
            }
            for row in rows
        ]
        work.connection.execute(_ADD_ATTEMPTS, entries)


def _contacts(connection: Connection, audiences: set[str]) -> dict[str, Contact]:
    if not audiences:
        return {}
    rows = connection.execute(_MEMBERS, {"organisation_ids": sorted(audiences)})
    return {
        row.organisation_id: Contact(
            MemberStatus(row.status), row.operations_email, row.emergency_email
        )
        for row in rows
    }
