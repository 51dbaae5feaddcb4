"""Create the tables of matching and those that every service has."""

import sqlalchemy as sa
from alembic import op

from muster.storage.columns import Sequence, UtcDateTime
from muster.storage.revisions import create_foundation_1, drop_foundation_1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    _create_own_tables()
    create_foundation_1()


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "bookings",
        "capabilities",
        "capability_coverage",
        "explanations",
        "jobs",
        "offers",
        "providers",
        "requests",
    ):
        op.drop_table(table)
    drop_foundation_1()


def _create_own_tables() -> None:
    op.create_table(
        "bookings",
        sa.Column("sequence", Sequence, autoincrement=True, nullable=False),
        sa.Column("booking_id", sa.String(length=64), nullable=False),
        sa.Column("capability_id", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("need_id", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_bookings")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_bookings_booking_id")),
    )
    op.create_index("ix_bookings_capability_id_ends_at", "bookings", ["capability_id", "ends_at"])
    op.create_index(op.f("ix_bookings_request_id"), "bookings", ["request_id"])
    op.create_table(
        "capabilities",
        sa.Column("capability_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("capability_id", name=op.f("pk_capabilities")),
    )
    op.create_table(
        "capability_coverage",
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("capability_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint(
            "country", "kind", "capability_id", name=op.f("pk_capability_coverage")
        ),
    )
    op.create_index(
        op.f("ix_capability_coverage_capability_id"), "capability_coverage", ["capability_id"]
    )
    op.create_table(
        "explanations",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("engine_version", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "round", name=op.f("pk_explanations")),
    )
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_request_id"), "jobs", ["request_id"])
    op.create_table(
        "offers",
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("need_id", sa.String(length=64), nullable=False),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_enterprise_id"), "offers", ["enterprise_id"])
    op.create_index("ix_offers_provider_id_status", "offers", ["provider_id", "status"])
    op.create_index(op.f("ix_offers_request_id"), "offers", ["request_id"])
    op.create_table(
        "providers",
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_providers")),
    )
    op.create_table(
        "requests",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_enterprise_id"), "requests", ["enterprise_id"])
    op.create_index(op.f("ix_requests_status"), "requests", ["status"])
