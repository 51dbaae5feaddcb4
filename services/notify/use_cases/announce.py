"""Turn events into what has to be told: entries of the live stream, e-mails, webhooks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, text

from muster.contracts.event import Event
from muster.contracts.vocabulary.identifiers import Prefix
from muster.contracts.vocabulary.kinds import Role
from muster.messaging.envelope import Envelope
from muster.observability.tracing import traceparent_under
from muster.storage.bulk import add_rows
from muster.storage.unit_of_work import UnitOfWork
from services.notify.domain.audience import OPERATORS, hidden_from, mailboxes, readers, without
from services.notify.domain.delivery import Channel, NotificationStatus
from services.notify.domain.endpoint import Endpoint, EndpointStatus
from services.notify.domain.occurrence import Occurrence
from services.notify.domain.preferences import Preferences
from services.notify.tables import (
    ENDPOINTS,
    PREFERENCES,
    notifications,
    preferences,
    stream_entries,
    webhooks,
)
from services.notify.wording import Wording

_STREAM_LOCK = 0x6D_75_73_74_65_72  # any number that nothing else in this database locks

_CHOICES_OF = PREFERENCES.finder(preferences.c.audience.in_(bindparam("audiences", expanding=True)))
_LISTENING = ENDPOINTS.finder(webhooks.c.status == EndpointStatus.ENABLED.value)

Row = dict[str, Any]


def announce(work: UnitOfWork, envelopes: Sequence[Envelope], wording: Wording) -> None:
    """Write everything these events call for, in bulk; what is already there stays as it is."""
    told = [(envelope, occurrence_of(envelope)) for envelope in envelopes]
    rows = [
        *_letters(work, told, wording),
        *_posts(work, told),
    ]
    add_rows(work.connection, notifications, rows, unless_there=True)
    for envelope, occurrence in told:
        work.postpone(_write_stream, _entry(work, envelope, occurrence))


def occurrence_of(envelope: Envelope) -> Occurrence:
    """Reduce an event to what decides who is told."""
    event: Event = envelope.event
    of_member = event.about == "organisation_id"
    return Occurrence(
        event_id=envelope.id,
        event_type=event.event_type,
        enterprise_id=getattr(event, "enterprise_id", None),
        provider_id=getattr(event, "provider_id", None),
        member_id=getattr(event, "organisation_id", None) if of_member else None,
        status=getattr(event, "status", None),
        severity=getattr(event, "severity", None),
        missed=getattr(event, "missed", 0),
    )


Told = Sequence[tuple[Envelope, Occurrence]]


def _letters(work: UnitOfWork, told: Told, wording: Wording) -> Iterable[Row]:
    wanted = [
        (envelope, occurrence, audience, mailbox)
        for envelope, occurrence in told
        for audience, mailbox in mailboxes(occurrence)
    ]
    choices = _choices(work, {audience for _, _, audience, _ in wanted})
    for envelope, occurrence, audience, mailbox in wanted:
        chosen = choices.get(audience)
        if chosen is None or chosen.wants(occurrence):
            title, body = wording.letter(envelope, audience)
            yield _row(work, envelope, audience, Channel.EMAIL, mailbox.value, title, body)


def _choices(work: UnitOfWork, audiences: set[str]) -> Mapping[str, Preferences]:
    if not audiences:
        return {}
    found = _CHOICES_OF(work.connection, audiences=sorted(audiences))
    return {it.audience: it for it in found}


def _posts(work: UnitOfWork, told: Told) -> Iterable[Row]:
    listening = _endpoints(work)
    for envelope, occurrence in told if listening else ():
        seen = {Role.OPERATOR: OPERATORS, **readers(occurrence)}
        for role, audience in seen.items():
            for endpoint in listening.get((role, audience), ()):
                if endpoint.hears(occurrence.event_type):
                    body = _webhook_body(envelope, role)
                    target = endpoint.webhook_id
                    yield _row(work, envelope, audience, Channel.WEBHOOK, target, "", body)


def _endpoints(work: UnitOfWork) -> Mapping[tuple[Role, str], list[Endpoint]]:
    found: dict[tuple[Role, str], list[Endpoint]] = {}
    for it in _LISTENING(work.connection):
        found.setdefault((it.role, it.audience), []).append(it)
    return found


def _row(
    work: UnitOfWork,
    envelope: Envelope,
    audience: str,
    channel: Channel,
    target: str,
    title: str,
    body: str,
) -> Row:
    return {
        "notification_id": work.ids.new(Prefix.NOTIFICATION),
        "event_id": envelope.id,
        "audience": audience,
        "channel": channel.value,
        "target": target,
        "event_type": envelope.event.event_type,
        "subject": envelope.event.subject,
        "title": title,
        "body": body,
        "correlation_id": envelope.context.correlation_id,
        "status": NotificationStatus.PENDING.value,
        "attempts": 0,
        "due_at": work.now,
        "created_at": work.now,
        "traceparent": traceparent_under(envelope.id, envelope.context.traceparent),
    }


def _webhook_body(envelope: Envelope, role: Role) -> str:
    said = envelope.event.model_dump_json()
    if hidden := hidden_from(role, envelope.event.event_type):
        said = orjson.dumps(without(hidden, orjson.loads(said))).decode()
    return orjson.dumps(
        {
            "type": envelope.event.event_type,
            "timestamp": envelope.time,
            "id": envelope.id,
            "subject": envelope.event.subject,
            "data": orjson.Fragment(said),
        }
    ).decode()


def _write_stream(work: UnitOfWork, entries: list[Row]) -> None:
    """Write the entries; the lock is held from here to the commit.

    PostgreSQL hands out sequence numbers before the commit. Writers take turns, so that numbers
    become visible in order and a reader that asks for "after the last I saw" skips nothing.
    """
    if work.connection.dialect.name == "postgresql":
        work.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _STREAM_LOCK})
    add_rows(work.connection, stream_entries, entries, unless_there=True)


def _entry(work: UnitOfWork, envelope: Envelope, occurrence: Occurrence) -> Row:
    seen = readers(occurrence)
    event = envelope.event
    body = {
        "event_type": event.event_type,
        "subject": event.subject,
        "occurred_at": envelope.time,
        "event": orjson.Fragment(event.model_dump_json()),
    }
    return {
        "event_id": envelope.id,
        "enterprise_id": seen.get(Role.ENTERPRISE),
        "provider_id": seen.get(Role.PROVIDER),
        "event_type": event.event_type,
        "subject": event.subject,
        "body": orjson.dumps(body).decode(),
        "recorded_at": work.now,
    }
