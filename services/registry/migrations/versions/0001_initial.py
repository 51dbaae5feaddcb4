"""The registry's first tables, and the foundation's.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from muster.storage.columns import Sequence, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    _create_foundation()
    op.create_table(
        "organisations",
        sa.Column("organisation_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
    )
    op.create_table(
        "authorisations",
        sa.Column("authorisation_id", sa.String(64), primary_key=True),
        sa.Column("organisation_id", sa.String(64), nullable=False, index=True),
    )
    op.create_table(
        "capabilities",
        sa.Column("capability_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False, index=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
    )
    op.create_table(
        "api_clients",
        sa.Column("client_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
    )
    op.create_index(
        "uq_api_clients_live_name",
        "api_clients",
        ["owner", "name"],
        unique=True,
        sqlite_where=sa.text("status = 'issued'"),
        postgresql_where=sa.text("status = 'issued'"),
    )


def downgrade() -> None:
    """Drop everything."""
    for table in _TABLES:
        op.drop_table(table)


_TABLES = (
    "api_clients",
    "capabilities",
    "authorisations",
    "organisations",
    "idempotency_keys",
    "transitions",
    "timers",
    "inbox_messages",
    "outbox_messages",
)


def _create_foundation() -> None:
    _create_outbox()
    op.create_table(
        "inbox_messages",
        sa.Column("subscription", sa.String(64), primary_key=True),
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("received_at", UtcDateTime, nullable=False, index=True),
    )
    op.create_table(
        "timers",
        sa.Column("timer_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False, index=True),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("kind", "subject"),
    )
    op.create_table(
        "transitions",
        sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
        sa.Column("thing", sa.String(32), nullable=False),
        sa.Column("thing_id", sa.String(64), nullable=False, index=True),
        sa.Column("before", sa.String(32), nullable=False),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("organisation_id", sa.String(64)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("occurred_at", UtcDateTime, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("client_id", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False, index=True),
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox_messages",
        sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.String(64), nullable=False, unique=True),
        sa.Column("aggregate_id", sa.String(64), nullable=False),
        sa.Column("aggregate_version", sa.Integer),
        sa.Column("exchange", sa.String(64), nullable=False),
        sa.Column("routing_key", sa.String(128), nullable=False),
        sa.Column("type", sa.String(128), nullable=False),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", UtcDateTime, nullable=False),
        sa.Column("published_at", UtcDateTime),
    )
    op.create_index(
        "ix_outbox_messages_waiting",
        "outbox_messages",
        ["sequence"],
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )
