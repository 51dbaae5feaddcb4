"""The tables every service has beside its own: outbox, inbox, timers, transitions, idempotency,
and what it takes to make up for a queue that was lost."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from muster.storage.columns import Sequence, UtcDateTime
from muster.storage.records import RECORD

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}


def service_metadata() -> MetaData:
    """Return a fresh MetaData that already holds the foundation's tables."""
    metadata = MetaData(naming_convention=NAMING)
    outbox = Table(
        "outbox_messages",
        metadata,
        Column("sequence", Sequence, primary_key=True, autoincrement=True),
        Column("message_id", String(64), nullable=False, unique=True),
        Column("aggregate_id", String(64), nullable=False),
        Column("aggregate_version", Integer),
        Column("exchange", String(64), nullable=False),
        Column("routing_key", String(128), nullable=False),
        Column("type", String(128), nullable=False),
        Column("correlation_id", String(64), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("recorded_at", UtcDateTime, nullable=False),
        Column("published_at", UtcDateTime),
    )
    Index(
        "ix_outbox_messages_waiting",
        outbox.c.sequence,
        sqlite_where=text("published_at IS NULL"),
        postgresql_where=text("published_at IS NULL"),
    )
    Table(
        "inbox_messages",
        metadata,
        Column("subscription", String(64), primary_key=True),
        Column("message_id", String(64), primary_key=True),
        Column("received_at", UtcDateTime, nullable=False, index=True),
    )
    Table(
        "timers",
        metadata,
        Column("timer_id", String(64), primary_key=True),
        Column("kind", String(64), nullable=False),
        Column("subject", String(64), nullable=False),
        Column("due_at", UtcDateTime, nullable=False, index=True),
        Column("correlation_id", String(64), nullable=False),
        Column("attempts", Integer, nullable=False, server_default="0"),
        UniqueConstraint("kind", "subject"),
    )
    Table(
        "transitions",
        metadata,
        Column("sequence", Sequence, primary_key=True, autoincrement=True),
        Column("thing", String(32), nullable=False),
        Column("thing_id", String(64), nullable=False, index=True),
        Column("before", String(32), nullable=False),
        Column("after", String(32), nullable=False),
        Column("actor", String(128), nullable=False),
        Column("organisation_id", String(64)),
        Column("reason", Text, nullable=False),
        Column("occurred_at", UtcDateTime, nullable=False),
        Column("recorded_at", UtcDateTime, nullable=False),
        info=RECORD,
    )
    Table(
        "idempotency_keys",
        metadata,
        Column("client_id", String(64), primary_key=True),
        Column("key", String(255), primary_key=True),
        Column("fingerprint", String(64), nullable=False),
        Column("status", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("recorded_at", UtcDateTime, nullable=False, index=True),
    )
    Table(
        "subscriptions",
        metadata,
        Column("queue", String(128), primary_key=True),
        Column("event_types", Text, nullable=False),
        Column("restoration", String(64)),
    )
    Table(
        "republications",
        metadata,
        Column("republication_id", String(64), primary_key=True),
        Column("event_types", Text, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("until", BigInteger, nullable=False),
    )
    return metadata
