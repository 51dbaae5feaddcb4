"""Keep with a notification where it stands in a trace: a courier takes it up later.

Older code leaves the column empty, and newer code that finds it empty traces nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("notifications", sa.Column("traceparent", sa.String(55)))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("notifications", "traceparent")
