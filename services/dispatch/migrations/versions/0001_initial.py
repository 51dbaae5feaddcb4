"""Create the tables of dispatch and those that every service has."""

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
        "timeline_entries",
        "positions",
        "heard_requests",
        "incidents",
        "jobs",
    ):
        op.drop_table(table)
    drop_foundation_1()


def _create_own_tables() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
        sa.UniqueConstraint(
            "request_id", "provider_id", name=op.f("uq_jobs_request_id_provider_id")
        ),
    )
    op.create_index(op.f("ix_jobs_enterprise_id_job_id"), "jobs", ["enterprise_id", "job_id"])
    op.create_index(op.f("ix_jobs_provider_id_job_id"), "jobs", ["provider_id", "job_id"])
    op.create_index(op.f("ix_jobs_status_job_id"), "jobs", ["status", "job_id"])
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incidents")),
    )
    op.create_index(
        op.f("ix_incidents_enterprise_id_incident_id"),
        "incidents",
        ["enterprise_id", "incident_id"],
    )
    op.create_index(op.f("ix_incidents_job_id_incident_id"), "incidents", ["job_id", "incident_id"])
    op.create_index(
        op.f("ix_incidents_provider_id_incident_id"), "incidents", ["provider_id", "incident_id"]
    )
    op.create_index(op.f("ix_incidents_status_incident_id"), "incidents", ["status", "incident_id"])
    op.create_table(
        "heard_requests",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_heard_requests")),
    )
    op.create_table(
        "positions",
        sa.Column("sequence", Sequence, autoincrement=True, nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_positions")),
    )
    op.create_index(
        op.f("ix_positions_job_id_occurred_at_sequence"),
        "positions",
        ["job_id", "occurred_at", "sequence"],
    )
    op.create_table(
        "timeline_entries",
        sa.Column("sequence", Sequence, autoincrement=True, nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("out_of_order", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_timeline_entries")),
    )
    op.create_index(
        op.f("ix_timeline_entries_job_id_occurred_at_sequence"),
        "timeline_entries",
        ["job_id", "occurred_at", "sequence"],
    )
