"""The read side: what a caller may see of notifications, webhooks, preferences and the stream."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select

from muster.access import Caller
from muster.contracts.vocabulary.errors import NotFound
from muster.contracts.vocabulary.kinds import Role
from services.notify.domain.audience import OPERATORS
from services.notify.domain.delivery import NotificationStatus
from services.notify.domain.endpoint import Endpoint, EndpointStatus
from services.notify.domain.preferences import Preferences
from services.notify.tables import (
    ENDPOINTS,
    PREFERENCES,
    attempts,
    notifications,
    stream_entries,
    webhooks,
)

# Composed once: the live stream asks it ten times a second.
_TAIL = (
    select(stream_entries)
    .where(stream_entries.c.sequence > bindparam("after"))
    .order_by(stream_entries.c.sequence)
    .limit(bindparam("limit"))
)


def audience_of(caller: Caller) -> str:
    """Return under which audience the caller's own affairs are kept."""
    return caller.organisation_id or OPERATORS


def list_notifications(
    connection: Connection,
    caller: Caller,
    limit: int,
    after: str | None = None,
    status: NotificationStatus | None = None,
) -> Sequence[Row[Any]]:
    """Return the caller's notifications, newest first; an operator sees all."""
    query = select(notifications).order_by(notifications.c.notification_id.desc()).limit(limit)
    if not caller.is_operator:
        query = query.where(notifications.c.audience == audience_of(caller))
    if after is not None:
        query = query.where(notifications.c.notification_id < after)
    if status is not None:
        query = query.where(notifications.c.status == status.value)
    return connection.execute(query).all()


def get_notification(
    connection: Connection, caller: Caller, notification_id: str
) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """Return a notification and its attempts, oldest first; raise NotFound."""
    found = connection.execute(
        select(notifications).where(notifications.c.notification_id == notification_id)
    ).first()
    if found is None:
        raise NotFound("notification", notification_id)
    caller.must_see("notification", notification_id, found.audience)
    ledger = (
        select(attempts)
        .where(attempts.c.notification_id == notification_id)
        .order_by(attempts.c.sequence)
    )
    return found, connection.execute(ledger).all()


def list_webhooks(
    connection: Connection, caller: Caller, limit: int, after: str | None = None
) -> list[Endpoint]:
    """Return the caller's webhooks in the order they were registered; an operator sees all."""
    where: list[ColumnElement[bool]] = [webhooks.c.status != EndpointStatus.DELETED.value]
    if not caller.is_operator:
        where.append(webhooks.c.audience == audience_of(caller))
    if after is not None:
        where.append(webhooks.c.webhook_id > after)
    return ENDPOINTS.list(connection, *where, limit=limit)


def get_preferences(connection: Connection, caller: Caller) -> Preferences:
    """Return the choices of the caller's organisation."""
    audience = audience_of(caller)
    return PREFERENCES.find(connection, audience) or Preferences(audience, {})


def newest_entry(connection: Connection) -> int:
    """Return the sequence of the newest entry of the stream; 0 if there is none."""
    return connection.execute(select(func.max(stream_entries.c.sequence))).scalar() or 0


def entries_after(
    connection: Connection,
    sequence: int,
    limit: int,
    until: int | None = None,
    reader: tuple[Role, str] | None = None,
) -> Sequence[Row[Any]]:
    """Return entries of the stream in order; `reader` narrows them to what it may see."""
    if until is None and reader is None:
        return connection.execute(_TAIL, {"after": sequence, "limit": limit}).all()
    entry = stream_entries.c
    query = select(stream_entries).where(entry.sequence > sequence)
    if until is not None:
        query = query.where(entry.sequence <= until)
    if reader is not None:
        role, organisation_id = reader
        own = entry.enterprise_id if role is Role.ENTERPRISE else entry.provider_id
        query = query.where(own == organisation_id)
    return connection.execute(query.order_by(entry.sequence).limit(limit)).all()
