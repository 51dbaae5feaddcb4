"""Steps that every service's migrations take alike, for the foundation's own tables.

A step is never edited once it has been released; a change is a new one, and each service calls it
in a new revision of its own.
"""

import sqlalchemy as sa
from alembic import op

from muster.storage.columns import Sequence, UtcDateTime

FOUNDATION_1 = (
    "idempotency_keys",
    "transitions",
    "timers",
    "inbox_messages",
    "outbox_messages",
)


def drop_foundation_1() -> None:
    """Drop what `create_foundation_1` created."""
    for table in FOUNDATION_1:
        op.drop_table(table)


def create_foundation_1() -> None:
    """Create the foundation's tables as they were in its first version."""
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


def create_foundation_2() -> None:
    """Add what it takes to make up for a queue that was lost."""
    op.create_table(
        "subscriptions",
        sa.Column("queue", sa.String(128), primary_key=True),
        sa.Column("event_types", sa.Text, nullable=False),
        sa.Column("restoration", sa.String(64)),
    )
    op.create_table(
        "republications",
        sa.Column("republication_id", sa.String(64), primary_key=True),
        sa.Column("event_types", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def drop_foundation_2() -> None:
    """Drop what `create_foundation_2` created."""
    op.drop_table("republications")
    op.drop_table("subscriptions")
