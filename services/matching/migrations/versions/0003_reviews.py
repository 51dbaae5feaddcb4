"""Keep what operators are asked and decide, who no longer passes, and which rules are in force."""

import sqlalchemy as sa
from alembic import op

from muster.storage.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; a timer set for a lost provider becomes one that looks at it again."""
    _create_reviews()
    _create_flags()
    _create_rule_packs()
    op.execute("UPDATE timers SET kind = 'member-recheck' WHERE kind = 'provider-lost'")


def downgrade() -> None:
    """Drop the tables. What operators decided is lost."""
    for table in ("rule_packs", "flags", "review_requests", "reviews"):
        op.drop_table(table)
    op.execute("UPDATE timers SET kind = 'provider-lost' WHERE kind = 'member-recheck'")
    op.execute("DELETE FROM timers WHERE kind = 'request-recheck'")


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False, index=True),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("armed", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(32), nullable=False, index=True),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_index(
        "uq_reviews_open_matter",
        "reviews",
        ["provider_id", "country", "kind", "armed"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "review_requests",
        sa.Column("review_id", sa.String(64), primary_key=True),
        sa.Column("request_id", sa.String(64), primary_key=True),
    )


def _create_flags() -> None:
    op.create_table(
        "flags",
        sa.Column("flag_id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False, index=True),
        sa.UniqueConstraint("request_id", "provider_id"),
    )


def _create_rule_packs() -> None:
    op.create_table(
        "rule_packs",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rule_pack", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("adopted_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("reached", sa.String(64), nullable=False),
        sa.Column("requests_checked", sa.Integer, nullable=False),
        sa.Column("assignments_flagged", sa.Integer, nullable=False),
        sa.Column("offers_withdrawn", sa.Integer, nullable=False),
    )
