"""Notify's first tables, and the foundation's.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from muster.storage.columns import Sequence, UtcDateTime
from muster.storage.revisions import create_foundation_1, drop_foundation_1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OWN_TABLES = (
    "members",
    "notifications",
    "attempts",
    "webhooks",
    "webhook_traffic",
    "preferences",
    "stream_entries",
)


def upgrade() -> None:
    """Create everything."""
    create_foundation_1()
    op.create_table(
        "members",
        sa.Column("organisation_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("operations_email", sa.Text, nullable=False),
        sa.Column("emergency_email", sa.Text, nullable=False),
    )
    _create_notifications()
    op.create_table(
        "attempts",
        sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
        sa.Column("notification_id", sa.String(64), nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.String(64), primary_key=True),
        sa.Column("audience", sa.String(64), nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "webhook_traffic",
        sa.Column("webhook_id", sa.String(64), primary_key=True),
        sa.Column("busy_until", UtcDateTime),
        sa.Column("failures", sa.Integer, nullable=False),
    )
    op.create_table(
        "preferences",
        sa.Column("audience", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    _create_stream()


def downgrade() -> None:
    """Drop everything."""
    for table in _OWN_TABLES:
        op.drop_table(table)
    drop_foundation_1()


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("notification_id", sa.String(64), primary_key=True),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("audience", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("event_type", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("settled_at", UtcDateTime),
        sa.UniqueConstraint("event_id", "audience", "channel", "target"),
    )
    op.create_index(
        "ix_notifications_audience_notification_id",
        "notifications",
        ["audience", "notification_id"],
    )
    op.create_index(
        "ix_notifications_due",
        "notifications",
        ["channel", "due_at"],
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def _create_stream() -> None:
    op.create_table(
        "stream_entries",
        sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(64), nullable=False, unique=True),
        sa.Column("enterprise_id", sa.String(64)),
        sa.Column("provider_id", sa.String(64)),
        sa.Column("event_type", sa.String(128), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False, index=True),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_stream_entries_enterprise_id_sequence",
        "stream_entries",
        ["enterprise_id", "sequence"],
    )
    op.create_index(
        "ix_stream_entries_provider_id_sequence",
        "stream_entries",
        ["provider_id", "sequence"],
    )
