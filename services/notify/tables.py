"""How notify keeps what it knows."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from muster.storage.columns import Sequence as Counter
from muster.storage.columns import UtcDateTime
from muster.storage.records import RECORD
from muster.storage.repository import Repository
from muster.storage.tables import service_metadata
from services.notify.domain.endpoint import Endpoint
from services.notify.domain.preferences import Preferences

metadata = service_metadata()

members = Table(
    "members",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("operations_email", Text, nullable=False),
    Column("emergency_email", Text, nullable=False),
)

# One row per event, audience, channel and target: what is there is never sent a second time.
notifications = Table(
    "notifications",
    metadata,
    Column("notification_id", String(64), primary_key=True),
    Column("event_id", String(64), nullable=False),
    Column("audience", String(64), nullable=False),  # an organisation, or "operators"
    Column("channel", String(16), nullable=False),
    Column("target", String(64), nullable=False),  # a mailbox or a webhook, resolved when sent
    Column("event_type", String(128), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("correlation_id", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),  # while it is being sent: when the lease ends
    Column("created_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("traceparent", String(55)),
    UniqueConstraint("event_id", "audience", "channel", "target"),
    Index("ix_notifications_audience_notification_id", "audience", "notification_id"),
)
_UNSETTLED = text("settled_at IS NULL")
Index(
    "ix_notifications_due",
    notifications.c.channel,
    notifications.c.due_at,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)

attempts = Table(
    "attempts",
    metadata,
    Column("sequence", Counter, primary_key=True, autoincrement=True),
    Column("notification_id", String(64), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    info=RECORD,
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", String(64), primary_key=True),
    Column("audience", String(64), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)
ENDPOINTS = Repository(
    webhooks,
    Endpoint,
    "webhook",
    lambda it: {"webhook_id": it.webhook_id, "audience": it.audience, "status": it.status.value},
)

# The couriers' own: until when nobody else calls an endpoint, and its failures in a row.
webhook_traffic = Table(
    "webhook_traffic",
    metadata,
    Column("webhook_id", String(64), primary_key=True),
    Column("busy_until", UtcDateTime),
    Column("failures", Integer, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("audience", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
)
PREFERENCES = Repository(
    preferences, Preferences, "preferences", lambda it: {"audience": it.audience}
)

# The live stream: one row per event, with the organisation that may see it in each role.
# A sequence is never used twice, even after pruning: clients come back with the last they saw.
stream_entries = Table(
    "stream_entries",
    metadata,
    Column("sequence", Counter, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("enterprise_id", String(64)),
    Column("provider_id", String(64)),
    Column("event_type", String(128), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False, index=True),
    Index("ix_stream_entries_enterprise_id_sequence", "enterprise_id", "sequence"),
    Index("ix_stream_entries_provider_id_sequence", "provider_id", "sequence"),
    sqlite_autoincrement=True,
)
